import type { Splits } from '../tasks/split'
import type { CheckpointFolder } from './checkpoint'
import { readSnapshot, type FusedGroup } from './group'
import type { JobControl } from './job-control'
import type { KeepWeights } from './keep-weights'
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

/** A run, where its checkpoints go, and how its weights are kept when it is complete (null: they are not). */
export interface SavedRun {
  readonly run: TrainingRun
  readonly folder: CheckpointFolder
  readonly keep: KeepWeights | null
}

/**
 * Trains the runs of a group to their ends: steps, evaluations on validation, one reading of the test split each; or
 * until the job is paused. Between steps the thread takes messages.
 */
export async function trainGroup(
  group: FusedGroup,
  members: readonly SavedRun[],
  splits: Splits,
  control: JobControl,
  pace: LoopPace = LOOP_PACE,
): Promise<void> {
  const runs = members.map(({ run }) => run)
  const clock = new SavingClock(pace)
  const { batch_size } = runs[0]?.config.training ?? { batch_size: 0 }
  const indices = new Uint32Array(group.size * batch_size)
  const steps = new Array<number>(group.size).fill(1)
  const active = new Array<boolean>(group.size).fill(false)
  const interrupted = (): boolean => control.pausing

  for (;;) {
    await new Promise((resolve) => setImmediate(resolve))
    for (const run of runs) if (run.active && control.isCancelled(run.id)) run.end('cancelled')
    if (control.pausing) return pause(group, members, control)

    // Validation, for the runs that have come to it. An interrupted evaluation is made again after the resume.
    const due = runs.filter((run) => run.needsEvaluation)
    if (due.length > 0 && splits.validation !== null) {
      const scores = await group.evaluate(splits.validation, interrupted)
      if (scores === null) continue
      for (const run of due) run.evaluated(scores[run.slot] ?? missing(), () => group.snapshot(run.slot))
    }

    // Test, once, for the runs that are trained, at the step that validation chose.
    const trained = runs.filter((run) => run.isTrained)
    if (trained.length > 0) {
      const chosen = new Map(
        trained.flatMap(({ slot, bestWeights }) => (bestWeights ? [[slot, bestWeights]] : [])),
      )
      const scores = await group.evaluateAt(chosen, splits.test, interrupted)
      if (scores === null) continue
      for (const { run, keep } of members.filter(({ run }) => trained.includes(run))) {
        const tested = scores[run.slot] ?? missing()
        if (keep !== null && run.isCompletedBy(tested)) await keepWeights(group, run, keep)
        run.tested(tested)
      }
    }
    if (runs.every((run) => !run.active)) return

    // One step. A slot whose run is over, or that has none, is fed what it saw last and left as it is.
    const started = performance.now()
    active.fill(false)
    const training = runs.filter((run) => run.active)
    for (const { slot, step, order } of training) {
      active[slot] = true
      steps[slot] = step + 1
      order.fill(step + 1, indices.subarray(slot * batch_size, (slot + 1) * batch_size))
    }
    const scores = group.step(splits.train.batch(indices), steps, active)
    const milliseconds = (performance.now() - started) / training.length
    for (const run of training) run.stepped(scores[run.slot] ?? missing(), milliseconds)

    // What was logged goes to the store, and now and then the state to disk.
    if (clock.timeToSend()) await sendPoints(runs, control)
    if (clock.timeToSave()) await clock.saving(() => saveAll(group, members, control))
  }
}

/** Keeps the weights that were tested: those of the best step, else of the last. */
async function keepWeights(group: FusedGroup, run: TrainingRun, keep: KeepWeights): Promise<void> {
  const { best } = run.bestState
  if (run.bestWeights !== null && best !== null) return keep(readSnapshot(run.bestWeights), best.step)
  await keep(group.read(run.slot).weights, run.step)
}

async function pause(group: FusedGroup, members: readonly SavedRun[], control: JobControl): Promise<void> {
  await saveAll(group, members, control)
  for (const { run } of members) if (run.active) run.end('paused')
}

async function sendPoints(runs: readonly TrainingRun[], control: JobControl): Promise<void> {
  for (const run of runs) {
    if (!run.active) continue
    run.sendPoints()
    await control.stored(run.id, run.step - MOST_STEPS_AHEAD)
  }
}

/** A checkpoint of every active run. It counts only once the store has all points up to its step. */
async function saveAll(group: FusedGroup, members: readonly SavedRun[], control: JobControl): Promise<void> {
  for (const { run, folder } of members) {
    if (!run.active || run.step === 0) continue
    run.sendPoints()
    const written = await folder.write({
      step: run.step,
      best: run.bestState,
      bestWeights: run.bestWeights && readSnapshot(run.bestWeights),
      tensors: group.read(run.slot),
    })
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
