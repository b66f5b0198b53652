import { resolve } from 'node:path'
import { openWorkbench } from '../../workbench'
import type { StudyStatus, Workbench } from '../../workbench'
import type { CommandLine, Invocation } from '../command-line'
import { comparisonText } from '../comparison-text'
import { runResultDocument } from '../documents'
import { dryRun } from '../dry-run'
import { EXIT } from '../exit'
import { followStudy } from '../follow-study'
import { onInterrupt } from '../interrupt'
import { showProgress } from '../progress-display'
import { reach } from '../reach'
import type { Asking } from '../reach'
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
  if (isDry) return dryRun(invocation, study)
  const { terminal, workspace } = invocation
  const trained = new Set<string>()
  for (;;) {
    const reached = await reach({ terminal, workspace, what: `fairsweep run ${study}`, opensDoor: true })
    try {
      const code =
        reached.kind === 'owning'
          ? await train(terminal, reached.workbench, study, trained)
          : await follow(invocation, reached, study, trained)
      if (code !== null) return code
      terminal.note('the process that trained it has ended; going on here')
    } finally {
      await reached.close()
    }
  }
}

async function train(
  terminal: Terminal,
  workbench: Workbench,
  study: string,
  trained: Set<string>,
): Promise<number> {
  const plan = await planOf(workbench, study)
  const { name } = plan.study
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
  const state = workbench.status().find((status) => status.name === name)?.state ?? 'incomplete'
  const code = await conclude(terminal, workbench, { name, state, held: workbench.heldBecause }, trained)
  for (const other of workbench.status().filter((status) => isAtWork(status) && status.name !== name)) {
    terminal.warn(
      `${other.name} was trained here too; its state is saved, go on with: fairsweep run ${other.name}`,
    )
  }
  return code
}

/** Null: the owner went away before the end. */
async function follow(
  { terminal, workspace }: Invocation,
  owner: Asking,
  study: string,
  trained: Set<string>,
): Promise<number | null> {
  const { answered } = await import('../../api/client')
  const reader = await openWorkbench({ workspace, access: 'reader' })
  try {
    // What is wrong with the file is said here, before anybody is asked.
    const { text, study: planned, file } = await planOf(reader, study)
    const { name } = planned
    const start = (): Promise<unknown> =>
      answered(
        file === undefined
          ? owner.client.studies.resume.mutate({ name })
          : owner.client.studies.start.mutate({ text, file: resolve(file) }),
      )
    const { end, state } = await followStudy(owner, reader, { name, start }, terminal, (run) =>
      trained.add(run),
    )
    if (end === 'owner-gone') return null
    if (end === 'interrupted') {
      terminal.warn(
        `${name} is still trained by ${owner.who}; watch it with: fairsweep run ${study}, end it with: fairsweep stop ${name}`,
      )
      return EXIT.interrupted
    }
    const held = await answered(owner.client.studies.held.query())
    return await conclude(terminal, reader, { name, state, held }, trained)
  } finally {
    await reader.close()
  }
}

const isAtWork = ({ state }: StudyStatus): boolean => state === 'running' || state === 'waiting'

/** Says what came of it. */
async function conclude(
  terminal: Terminal,
  workbench: Workbench,
  { name, state, held }: Pick<StudyStatus, 'name' | 'state'> & { readonly held: string | null },
  trained: ReadonlySet<string>,
): Promise<number> {
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
  if (held !== null) terminal.warn(`stopped: ${held}`)
  else if (!isOver)
    terminal.warn(`stopped before the end, the state is saved; go on with: fairsweep run ${name}`)
  if (held !== null || isOver) return state === 'complete' ? EXIT.done : EXIT.failed
  return EXIT.interrupted
}
