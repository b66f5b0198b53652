import type { RunProgress } from './events'

/** Speed is measured over the last so many seconds. */
const WINDOW_SECONDS = 20

/** Where one running run is, and how fast it goes by the wall clock (evaluation included). */
export class RunMeter {
  private readonly marks: { at: number; step: number }[]
  private savedStep: number

  /**
   * @param fromStep 0, or the checkpoint's step that the run goes on from
   * @param clock seconds, never going back
   */
  constructor(
    private readonly run: Pick<RunProgress, 'run' | 'studies' | 'of' | 'group'>,
    fromStep: number,
    private readonly clock: () => number = () => performance.now() / 1000,
  ) {
    this.marks = [{ at: clock(), step: fromStep }]
    this.savedStep = fromStep
  }

  reached(step: number): void {
    const at = this.clock()
    this.marks.push({ at, step })
    while (this.marks.length > 2 && at - (this.marks[1]?.at ?? at) > WINDOW_SECONDS) this.marks.shift()
  }

  /** A checkpoint of this step is on disk. */
  saved(step: number): void {
    this.savedStep = step
  }

  read(): RunProgress {
    const first = this.marks[0]
    const last = this.marks.at(-1)
    const step = last?.step ?? 0
    const seconds = first && last ? last.at - first.at : 0
    const stepsPerSecond = first && seconds > 0 && step > first.step ? (step - first.step) / seconds : null
    const secondsLeft = stepsPerSecond === null ? null : (this.run.of - step) / stepsPerSecond
    return { ...this.run, step, savedStep: this.savedStep, stepsPerSecond, secondsLeft }
  }
}

/** Steps that are still to be trained, by what they train. */
export type Work = ReadonlyMap<string, number>

/** What a step of a run costs, by what it trains ("task, model, setting"), as it was measured last. */
export class PaceBook {
  private readonly seconds = new Map<string, number>()

  /** Runs that one worker advances together share its time. */
  note(program: string, group: readonly RunProgress[]): void {
    const perSecond = group.reduce((sum, { stepsPerSecond }) => sum + (stepsPerSecond ?? 0), 0)
    if (perSecond > 0) this.seconds.set(program, 1 / perSecond)
  }

  /**
   * Seconds that one worker needs for this work. What was never measured is taken to cost the mean of what was; null where
   * nothing was.
   */
  secondsFor(work: Work): number | null {
    if (this.seconds.size === 0) return null
    const known = [...this.seconds.values()]
    const mean = known.reduce((sum, each) => sum + each, 0) / known.length
    return [...work].reduce((sum, [program, steps]) => sum + steps * (this.seconds.get(program) ?? mean), 0)
  }
}
