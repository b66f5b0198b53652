import { MultiBar } from 'cli-progress'
import type { SingleBar } from 'cli-progress'
import { isOpen, isSettled } from '../run'
import type { RunRecord } from '../run'
import { formatRate } from '../study/rates'
import type { RunProgress, StudyStatus, Workbench } from '../workbench'
import type { Terminal } from './terminal'
import { durationText, plain } from './words'

const REDRAW_MS = 500
/** Without a terminal to draw on, a line about the running run so often. */
const LINE_MS = 30_000

/** What of a workbench is shown. */
type Watched = Pick<Workbench, 'status' | 'progress' | 'subscribe'> & {
  readonly store: Pick<Workbench['store'], 'run'>
}

/** Shows how a study and its runs go on until the returned function is called. */
export function showProgress(workbench: Watched, study: string, terminal: Terminal): () => void {
  if (terminal.quiet) return () => {}
  const display = terminal.isInteractive ? new Bars(study) : new Lines(terminal)
  const titles = new Map<string, string>()
  const titleOf = (id: string): string => {
    const run = titles.has(id) ? null : workbench.store.run(id, study)
    if (run) titles.set(id, plain(armText(run)))
    return titles.get(id) ?? id
  }
  const update = (): void => {
    const status = workbench.status().find(({ name }) => name === study)
    if (status)
      display.update(
        status,
        workbench
          .progress()
          .filter((run) => run.studies.includes(study))
          .map((run) => ({ ...run, title: titleOf(run.run) })),
      )
  }
  const unsubscribe = workbench.subscribe((event) => {
    if (event.type === 'log' && event.level !== 'info') {
      display.say(plain(event.run === null ? event.message : `${event.run}: ${event.message}`))
    }
    if (event.type !== 'run-changed' || !event.studies.includes(study)) return
    const run = workbench.store.run(event.run, study)
    if (run && !isOpen(run.state)) display.say(endText(run))
  })
  const timer = setInterval(update, display.everyMs)
  update()
  return () => {
    clearInterval(timer)
    unsubscribe()
    display.close()
  }
}

/** A running run and how people call it. */
type ShownRun = RunProgress & { readonly title: string }

interface Display {
  readonly everyMs: number
  update(status: StudyStatus, running: readonly ShownRun[]): void
  say(text: string): void
  close(): void
}

/** Lines, for logs and pipes. */
class Lines implements Display {
  readonly everyMs = LINE_MS
  constructor(private readonly terminal: Terminal) {}

  update(status: StudyStatus, running: readonly ShownRun[]): void {
    const left = status.secondsLeft === null ? '' : `, ${durationText(status.secondsLeft)} left`
    this.say(`${status.name}: ${settled(status)} of ${status.planned} runs${left}`)
    for (const run of running) this.say(`  ${run.title}: step ${run.step} of ${run.of}${speedText(run)}`)
  }

  say(text: string): void {
    this.terminal.note(text)
  }

  close(): void {}
}

/** Bars drawn over themselves: one for the study, one for each running run. */
class Bars implements Display {
  readonly everyMs = REDRAW_MS
  private readonly bars = new MultiBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    format: '{title} {bar} {value}/{total} {words}',
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    emptyOnZero: true,
  })
  private readonly studyBar: SingleBar
  private readonly runBars = new Map<string, SingleBar>()

  constructor(private readonly study: string) {
    this.studyBar = this.bars.create(1, 0, { title: plain(study), words: 'runs' })
  }

  update(status: StudyStatus, running: readonly ShownRun[]): void {
    const left = status.secondsLeft === null ? '' : `, ${durationText(status.secondsLeft)} left`
    this.studyBar.setTotal(status.planned)
    this.studyBar.update(settled(status), { title: plain(this.study), words: `runs${left}` })
    for (const run of running) {
      const bar = this.runBars.get(run.run) ?? this.bars.create(run.of, 0)
      this.runBars.set(run.run, bar)
      bar.update(run.step, { title: `  ${run.title}`, words: `steps${speedText(run)}` })
    }
    for (const [id, bar] of this.runBars) {
      if (running.some(({ run }) => run === id)) continue
      this.bars.remove(bar)
      this.runBars.delete(id)
    }
    this.bars.update()
  }

  say(text: string): void {
    this.bars.log(`${text}\n`)
  }

  close(): void {
    this.bars.stop()
  }
}

const settled = ({ runs }: StudyStatus): number =>
  Object.entries(runs).reduce(
    (sum, [state, count]) => sum + (isSettled(state as RunRecord['state']) ? count : 0),
    0,
  )

function speedText({ stepsPerSecond, secondsLeft }: RunProgress): string {
  if (stepsPerSecond === null || secondsLeft === null) return ''
  return `, ${stepsPerSecond.toPrecision(3)} steps/s, ${durationText(secondsLeft)} left`
}

const armText = ({ setting, learningRate, seed }: RunRecord): string =>
  `${setting}, rate ${formatRate(learningRate)}, seed ${seed}`

function endText(run: RunRecord): string {
  const what = `${run.task} × ${run.model}, ${armText(run)}`
  const accuracy = run.summary['val/accuracy'] ?? null
  const score = accuracy === null ? '' : `, validation accuracy ${(100 * accuracy).toFixed(2)} %`
  return plain(
    `${run.id} ${what}: ${run.state} after ${run.steps} steps${score}${run.reason === null ? '' : `: ${run.reason}`}`,
  )
}
