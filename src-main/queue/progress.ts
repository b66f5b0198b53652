import type { RunProgress } from './events'

/** Speed is measured over the last so many seconds. */
const WINDOW_SECONDS = 20

/** Where one running run is, and how fast it goes by the wall clock (evaluation included). */
export class RunMeter {
  private readonly marks: { at: number; step: number }[]

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
  }

  reached(step: number): void {
    const at = this.clock()
    this.marks.push({ at, step })
    while (this.marks.length > 2 && at - (this.marks[1]?.at ?? at) > WINDOW_SECONDS) this.marks.shift()
  }

  read(): RunProgress {
    const first = this.marks[0]
    const last = this.marks.at(-1)
    const step = last?.step ?? 0
    const seconds = first && last ? last.at - first.at : 0
    const stepsPerSecond = first && seconds > 0 && step > first.step ? (step - first.step) / seconds : null
    const secondsLeft = stepsPerSecond === null ? null : (this.run.of - step) / stepsPerSecond
    return { ...this.run, step, stepsPerSecond, secondsLeft }
  }
}

/**
 * Until runs of these many steps (by id) would all end at the speed of what is in training now; null when that is not
 * known yet.
 */
export function secondsLeft(
  running: readonly RunProgress[],
  open: ReadonlyMap<string, number>,
): number | null {
  const speed = running.reduce((sum, { stepsPerSecond }) => sum + (stepsPerSecond ?? 0), 0)
  if (speed === 0) return null
  const done = new Map(running.map(({ run, step }) => [run, step]))
  const steps = [...open].reduce((sum, [run, maxSteps]) => sum + maxSteps - (done.get(run) ?? 0), 0)
  return steps / speed
}
