import { openWorkbench } from '../../workbench'
import type { Workbench } from '../../workbench'
import type { CommandLine, Invocation } from '../command-line'
import { comparisonText } from '../comparison-text'
import { comparisonDocument } from '../documents'
import { dryRun } from '../dry-run'
import { EXIT } from '../exit'
import { onInterrupt } from '../interrupt'
import { showProgress } from '../progress-display'
import { planOf } from '../which-study'
import { countText, plain } from '../words'

export function addRun(line: CommandLine): void {
  line
    .add(
      'run <study>',
      'trains what a study file (or a study of the workspace) still lacks, then compares',
      run,
    )
    .option('--dry-run', 'print runs, trained parameters, memory and time instead of training')
}

async function run(
  invocation: Invocation,
  { dryRun: isDry }: { dryRun?: boolean },
  study = '',
): Promise<number> {
  const { workspace } = invocation
  if (isDry) return dryRun(invocation, study)
  const workbench = await openWorkbench({ workspace, access: 'owner', what: `fairsweep run ${study}` })
  try {
    return await train(invocation, workbench, study)
  } finally {
    await workbench.close()
  }
}

async function train({ terminal }: Invocation, workbench: Workbench, study: string): Promise<number> {
  const plan = await planOf(workbench, study)
  const { name } = plan.study
  const trained = new Set<string>()
  workbench.subscribe((event) => {
    if (event.type === 'run-changed' && event.state === 'running') trained.add(event.run)
  })
  await workbench.startStudy(plan)
  const hideProgress = showProgress(workbench, name, terminal)
  const interrupted = onInterrupt(async () => {
    terminal.warn('saving the state of the running runs; once more leaves at once')
    await workbench.pauseStudy(name)
  })
  await workbench.idle(name)
  interrupted.stopListening()
  hideProgress()

  const status = workbench.status().find((found) => found.name === name)
  const runs = workbench.store.runs({ study: name, order: 'plan' }).filter(({ inPlan }) => inPlan)
  const failed = runs.filter(({ state }) => state === 'failed')
  const comparison = workbench.compare(name)
  terminal.print(comparisonText(comparison))
  terminal.document({
    study: name,
    state: status?.state ?? 'incomplete',
    runs: { ...status?.runs },
    trained: runs.filter(({ id }) => trained.has(id)).map(({ id }) => id),
    failed: failed.map(({ id, reason }) => ({ id, reason })),
    comparison: comparisonDocument(comparison),
  })
  for (const { id, reason } of failed)
    terminal.warn(`run ${id} failed: ${plain(reason ?? 'for no known reason')}`)
  if (failed.length > 0)
    terminal.warn(`${countText(failed.length, 'run')} failed; the same command tries them again`)
  if (workbench.heldBecause !== null) {
    terminal.warn(`stopped: ${workbench.heldBecause}`)
    return EXIT.failed
  }
  if (status?.state !== 'complete' && failed.length === 0) {
    terminal.warn(`stopped before the end, the state is saved; go on with: fairsweep run ${study}`)
    return EXIT.interrupted
  }
  return failed.length > 0 ? EXIT.failed : EXIT.done
}
