import type { Splits } from '../tasks/split'
import type { Split } from '../tasks/task'
import { openSnapshot, readSnapshot, type FusedGroup } from './group'
import type { JobControl } from './job-control'
import type { KeepWeights } from './keep-weights'
import type { Places } from './places'
import type { TrainingRun } from './training-run'

export interface LoopPace {
  /** Points are sent this often. */
  readonly sendEveryMs: number
  /** A checkpoint is saved this often, or rarer where saving would take more than `mostCheckpointShare` of the time. */
  readonly checkpointEveryMs: number
  readonly mostCheckpointShare: number
}

export const LOOP_PACE: LoopPace = { sendEveryMs: 700, checkpointEveryMs: 30_000, mostCheckpointShare: 0.05 }

/** So many steps may be on their way to the store before the loop waits for it. */
const MOST_STEPS_AHEAD = 2_000

/**
 * Trains the runs of a group, and those that take the places of runs that have ended, to their ends: steps, evaluations on
 * validation, one reading of the test split each; or until the job is paused. Between steps the thread takes messages.
 */
export async function trainGroup(
  places: Places,
  splits: Splits,
  control: JobControl,
  pace: LoopPace = LOOP_PACE,
): Promise<void> {
  const clock = new SavingClock(pace)
  const feed = new StepFeed()
  const interrupted = (): boolean => control.pausing

  for (;;) {
    await new Promise((resolve) => setImmediate(resolve))
    for (const run of places.active) if (control.isCancelled(run.id)) run.end('cancelled')
    if (control.pausing) return pause(places, control)
    // An interrupted evaluation is made again after the resume.
    if (!(await validate(places, splits.validation, interrupted))) continue
    if (!(await test(places, splits.test, interrupted))) continue
    await places.renew()
    if (places.active.length === 0) return

    // One step. A slot whose run is over or waits, or that has none, is left as it is.
    const training = inStep(places.active)
    const started = performance.now()
    const { indices, tokens, steps, active } = feed.next(training, places.group.size)
    const scores = places.group.step(splits.train.batch(indices, tokens), steps, active)
    const milliseconds = performance.now() - started
    for (const run of training) run.stepped(scores[run.slot] ?? missing(), milliseconds / training.length)
    places.stepped(milliseconds)

    // What was logged goes to the store, and now and then the state to disk.
    if (clock.timeToSend()) await sendPoints(places, control)
    if (clock.timeToSave()) await clock.saving(() => saveAll(places, control))
  }
}

/** Validation, for the runs that have come to it; false when interrupted. */
async function validate(
  { group, active }: Places,
  split: Split | null,
  interrupted: () => boolean,
): Promise<boolean> {
  if (split === null) return true
  for (const run of active.filter((run) => run.needsEvaluation)) {
    const scores = await group.evaluate(run.slot, split, interrupted)
    if (scores === null) return false
    run.evaluated(scores, () => group.snapshot(run.slot))
  }
  return true
}

/** The test split, once, for the runs that are trained, at the step that validation chose; false when interrupted. */
async function test(places: Places, split: Split, interrupted: () => boolean): Promise<boolean> {
  const { group } = places
  for (const run of places.active.filter((run) => run.isTrained)) {
    const { slot, step, bestState, bestWeights } = run
    // Where the last step is the best one, its weights are there.
    const isThere = bestWeights === null || bestState.best?.step === step
    const scores = isThere
      ? await group.evaluate(slot, split, interrupted)
      : await group.evaluateAt(slot, bestWeights, split, interrupted)
    if (scores === null) return false
    const keep = places.keeperOf(run)
    if (keep !== null && run.isCompletedBy(scores)) await keepWeights(group, run, keep)
    run.tested(scores)
  }
  return true
}

/** Keeps the weights that were tested: those of the best step, else of the last. */
async function keepWeights(group: FusedGroup, run: TrainingRun, keep: KeepWeights): Promise<void> {
  const { best } = run.bestState
  if (run.bestWeights !== null && best !== null) return keep(readSnapshot(run.bestWeights), best.step)
  await keep(group.read(run.slot).weights, run.step)
}

/**
 * The runs that take the next step: those that are furthest behind, and all whose examples are as long as theirs. Where
 * batches are made by length, runs that were resumed at different steps come into step so, and stay in it.
 */
function inStep(runs: readonly TrainingRun[]): TrainingRun[] {
  const tokensOf = ({ step, order }: TrainingRun): number | undefined => order.tokensAt(step + 1)
  const behind = runs.reduce((least, run) => (run.step < least.step ? run : least))
  return runs.filter((run) => tokensOf(run) === tokensOf(behind))
}

/** What each place of a group is fed at a step. */
class StepFeed {
  private indices = new Uint32Array(0)
  private steps: number[] = []
  private active: boolean[] = []

  next(
    runs: readonly TrainingRun[],
    size: number,
  ): { indices: Uint32Array; tokens?: number; steps: readonly number[]; active: readonly boolean[] } {
    const [first] = runs
    if (first === undefined) throw new Error('a step of no runs')
    const { batch_size } = first.config.training
    if (this.steps.length !== size) {
      this.indices = new Uint32Array(size * batch_size)
      this.steps = new Array<number>(size).fill(1)
      this.active = new Array<boolean>(size).fill(false)
    }
    this.active.fill(false)
    const of = (slot: number): Uint32Array =>
      this.indices.subarray(slot * batch_size, (slot + 1) * batch_size)
    for (const { slot, step, order } of runs) {
      this.active[slot] = true
      this.steps[slot] = step + 1
      order.fill(step + 1, of(slot))
    }
    // Whoever takes no step is fed what another sees: its own examples may be longer.
    for (let slot = 0; slot < size; slot++) if (!this.active[slot]) of(slot).set(of(first.slot))
    const { indices, steps, active } = this
    return { indices, tokens: first.order.tokensAt(first.step + 1), steps, active }
  }
}

async function pause(places: Places, control: JobControl): Promise<void> {
  await saveAll(places, control)
  for (const run of places.active) run.end('paused')
}

async function sendPoints({ active }: Places, control: JobControl): Promise<void> {
  for (const run of active) {
    run.sendPoints()
    await control.stored(run.id, run.step - MOST_STEPS_AHEAD)
  }
}

/** A checkpoint of every active run. It counts only once the store has all points up to its step. */
async function saveAll({ group, runs }: Places, control: JobControl): Promise<void> {
  for (const { run, folder } of runs) {
    if (!run.active || run.step === 0) continue
    run.sendPoints()
    const state = group.open(run.slot)
    const bestWeights = run.bestWeights && openSnapshot(run.bestWeights)
    const written = await folder
      .write({ step: run.step, best: run.bestState, bestWeights, tensors: state.tensors })
      .finally(() => state.close())
    await control.stored(run.id, run.step)
    await written.publish()
    control.send({ type: 'checkpoint', run: run.id, step: run.step })
  }
}

/** Tells when to send and when to save. */
class SavingClock {
  #sentAt = performance.now()
  #savedAt = performance.now()
  #saveAfterMs: number

  constructor(private readonly pace: LoopPace) {
    this.#saveAfterMs = pace.checkpointEveryMs
  }

  timeToSend(): boolean {
    const due = performance.now() - this.#sentAt >= this.pace.sendEveryMs
    if (due) this.#sentAt = performance.now()
    return due
  }

  timeToSave(): boolean {
    return performance.now() - this.#savedAt >= this.#saveAfterMs
  }

  async saving(save: () => Promise<void>): Promise<void> {
    const started = performance.now()
    await save()
    this.#savedAt = performance.now()
    const cost = this.#savedAt - started
    this.#saveAfterMs = Math.max(this.pace.checkpointEveryMs, cost / this.pace.mostCheckpointShare)
  }
}

const missing = (): never => {
  throw new Error('the group has no scores for one of its runs')
}
