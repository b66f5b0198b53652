import { openWorkbench } from '../../workbench'
import type { Workbench } from '../../workbench'
import type { CommandLine, Invocation } from '../command-line'
import { comparisonText } from '../comparison-text'
import { runResultDocument } from '../documents'
import { dryRun } from '../dry-run'
import { EXIT } from '../exit'
import { onInterrupt } from '../interrupt'
import { showProgress } from '../progress-display'
import type { Terminal } from '../terminal'
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
  return conclude(terminal, workbench, name, trained)
}

/** Says what came of it. */
async function conclude(
  terminal: Terminal,
  workbench: Workbench,
  name: string,
  trained: ReadonlySet<string>,
): Promise<number> {
  const state = workbench.status().find((study) => study.name === name)?.state ?? 'incomplete'
  const runs = workbench.store.runs({ study: name, order: 'plan' }).filter(({ inPlan }) => inPlan)
  const lost = runs.filter((run) => run.state === 'failed' || run.state === 'cancelled')
  const isOver = state === 'complete' || state === 'incomplete'
  const comparison = await workbench.compare(name)
  if (isOver) terminal.print(comparisonText(comparison))
  terminal.document(
    runResultDocument(
      name,
      state,
      runs,
      runs.filter(({ id }) => trained.has(id)),
      comparison,
    ),
  )
  for (const run of lost)
    terminal.warn(`run ${run.id} ${run.state}: ${plain(run.reason ?? 'no reason was given')}`)
  if (lost.length > 0)
    terminal.warn(`${countText(lost.length, 'run')} without a result; the same command tries again`)
  if (workbench.heldBecause !== null) terminal.warn(`stopped: ${workbench.heldBecause}`)
  else if (!isOver)
    terminal.warn(`stopped before the end, the state is saved; go on with: fairsweep run ${name}`)
  if (workbench.heldBecause !== null || isOver) return state === 'complete' ? EXIT.done : EXIT.failed
  return EXIT.interrupted
}
