import { InputError } from '../../errors'
import { mentions } from '../../filter/language'
import { parseFilter } from '../../filter/parse'
import type { RunRecord } from '../../run'
import { formatRate } from '../../study/rates'
import type { RunQuery } from '../../store/store'
import { openWorkbench } from '../../workbench'
import type { StudyStatus } from '../../workbench'
import { findOwner } from '../../workspace/owner'
import type { CommandLine, Invocation } from '../command-line'
import { runDocument, statusDocument } from '../documents'
import { EXIT } from '../exit'
import { nameOfStudy } from '../which-study'
import { countText, durationText, tableText } from '../words'

/** Rows that a person still looks at; `--limit` says otherwise. */
const SHOWN_RUNS = 200

export function addHistory(line: CommandLine): void {
  line.add('status [study]', 'what is queued, running and done', status)
  line
    .add('runs', 'the history, newest first', runs)
    .option('--study <study>', 'only runs that this study plans')
    .option(
      '--filter <expr>',
      "only runs that match, such as 'lr < 1e-4 and state = complete and setting ~ frozen'",
    )
    .option('--limit <count>', `at most so many (default: ${SHOWN_RUNS}, all with --json)`)
}

async function status(
  { terminal, workspace }: Invocation,
  _options: object,
  study?: string,
): Promise<number> {
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    const wanted = study === undefined ? null : await nameOfStudy(workbench, study)
    const studies = workbench.status().filter(({ name }) => wanted === null || name === wanted)
    const owner = findOwner(workspace)
    terminal.print(
      studies.length === 0 ? 'no studies yet' : tableText(['study', 'state', 'runs'], studies.map(statusRow)),
    )
    if (owner !== null)
      terminal.print(`\nowned by process ${owner.pid} (${owner.what}, since ${owner.since})`)
    terminal.document(statusDocument(studies))
    return EXIT.done
  } finally {
    await workbench.close()
  }
}

function statusRow({ name, state, runs, planned, secondsLeft }: StudyStatus): string[] {
  const counts = Object.entries(runs).map(([of, count]) => `${count} ${of}`)
  const left = secondsLeft === null ? [] : [`${durationText(secondsLeft)} left`]
  return [name, state, [`${countText(planned, 'run')}: ${counts.join(', ')}`, ...left].join('; ')]
}

interface RunsOptions {
  readonly study?: string
  readonly filter?: string
  readonly limit?: string
}

async function runs({ terminal, workspace }: Invocation, options: RunsOptions): Promise<number> {
  const filter = options.filter === undefined ? undefined : parseFilter(options.filter, '--filter')
  const asksForArchived = filter !== undefined && mentions(filter, 'archived')
  const limit =
    options.limit === undefined ? (terminal.json ? undefined : SHOWN_RUNS) : limitOf(options.limit)
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    const study = options.study === undefined ? undefined : await nameOfStudy(workbench, options.study)
    const query: RunQuery = { study, filter, archived: asksForArchived ? undefined : 'left out' }
    const shown = workbench.store.runs({ ...query, limit })
    const left = workbench.store.countRuns(query) - shown.length
    terminal.print(shown.length === 0 ? 'no runs' : tableText(COLUMNS, shown.map(runRow), RIGHT))
    if (left > 0) terminal.print(`\n${countText(left, 'more run')} (--limit, --filter)`)
    const added = workbench.store.annotations(shown.map(({ id }) => id))
    terminal.document({ runs: shown.map((run, i) => runDocument(run, added[i])) })
    return EXIT.done
  } finally {
    await workbench.close()
  }
}

const COLUMNS = ['id', 'study', 'task', 'model', 'setting', 'rate', 'seed', 'state', 'steps', 'val', 'test']
const RIGHT = ['rate', 'seed', 'steps', 'val', 'test']

function runRow(run: RunRecord): string[] {
  const percent = (score: number | null | undefined): string =>
    score == null ? '–' : (100 * score).toFixed(1)
  const { summary } = run
  return [
    run.id,
    run.study,
    run.task,
    run.model,
    run.setting,
    formatRate(run.learningRate),
    String(run.seed),
    run.inPlan ? run.state : `${run.state} (not in plan)`,
    String(run.steps),
    percent(summary['val/accuracy']),
    percent(summary['test/accuracy']),
  ]
}

function limitOf(text: string): number {
  const limit = Number(text)
  if (Number.isSafeInteger(limit) && limit > 0) return limit
  throw new InputError(`found '${text}', expected a positive whole number`, { field: '--limit' })
}
