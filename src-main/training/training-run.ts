import { tf } from '../engine'
import type { MetricName, RunConfig, Summary } from '../run'
import { BestStep, type BestStepState, type Scores } from './best-step'
import type { Snapshot, StepScores } from './group'
import type { JobControl } from './job-control'
import type { RunOutcome } from './messages'
import type { BatchOrder } from './order'
import { PendingPoints } from './points'

/** Where a run stands before its first step of this job. */
export interface StartingPoint {
  readonly step: number
  readonly best: BestStepState | undefined
  readonly bestWeights: Snapshot | null
}

/**
 * One run of a group on its way: its position, its best step so far and its log. It decides when it is over; the loop
 * does what it asks for.
 */
export class TrainingRun {
  #step: number
  #best: BestStep
  #bestWeights: Snapshot | null
  #points = new PendingPoints()
  #active = true

  constructor(
    readonly id: string,
    readonly config: RunConfig,
    /** Its row in the group. */
    readonly slot: number,
    readonly order: BatchOrder,
    private readonly hasValidation: boolean,
    start: StartingPoint,
    private readonly control: JobControl,
  ) {
    this.#step = start.step
    this.#best = new BestStep(config.validation, start.best)
    this.#bestWeights = start.bestWeights
  }

  /** Steps trained so far. */
  get step(): number {
    return this.#step
  }

  get active(): boolean {
    return this.#active
  }

  get bestState(): BestStepState {
    return this.#best.state
  }

  /** The weights that validation chose so far. */
  get bestWeights(): Snapshot | null {
    return this.#bestWeights
  }

  /** Validation is due at this step: every N steps, and at the last one whatever N is; never before the first. */
  get needsEvaluation(): boolean {
    if (!this.#active || !this.hasValidation || this.#best.state.evaluatedStep === this.#step) return false
    return this.#step > 0 && (this.#atLastStep || this.#step % this.config.validation.every === 0)
  }

  /** Nothing is left but to read the test split. */
  get isTrained(): boolean {
    return this.#active && !this.needsEvaluation && (this.#atLastStep || this.#best.exhausted)
  }

  /** Logs a step that was taken; a number that is not finite ends the run. */
  stepped({ loss, gradNorm, accuracy, accuracyMasked }: StepScores, milliseconds: number): void {
    this.#step++
    this.#log('train/loss', loss)
    this.#log('train/grad_norm', gradNorm)
    if (accuracy !== null) this.#log('train/accuracy', accuracy)
    if (accuracyMasked !== undefined) this.#log('train/accuracy_masked', accuracyMasked)
    this.#log('time/step_ms', milliseconds)
    if (!Number.isFinite(loss)) this.#diverge('training loss', loss)
    else if (!Number.isFinite(gradNorm)) this.#diverge('gradient norm', gradNorm)
  }

  /** Logs the validation scores of this step; `weights` are taken only where they are the best so far. */
  evaluated(scores: Scores, weights: () => Snapshot): void {
    this.#log('val/loss', scores.loss)
    if (scores.accuracy !== null) this.#log('val/accuracy', scores.accuracy)
    if (scores.accuracyMasked !== undefined) this.#log('val/accuracy_masked', scores.accuracyMasked)
    if (!Number.isFinite(scores.loss)) return this.#diverge('validation loss', scores.loss)
    if (!this.#best.offer(this.#step, scores)) return
    this.#forgetBestWeights()
    this.#bestWeights = weights()
  }

  /** These test scores leave it complete: without validation they are the first look at the last step's weights. */
  isCompletedBy(scores: Scores): boolean {
    return this.#best.state.best !== null || Number.isFinite(scores.loss)
  }

  /** Logs the test scores, read at the best step, and ends the run. */
  tested(scores: Scores): void {
    const { best } = this.#best.state
    const step = best?.step ?? this.#step
    this.#points.add('test/loss', step, scores.loss)
    if (scores.accuracy !== null) this.#points.add('test/accuracy', step, scores.accuracy)
    if (scores.accuracyMasked !== undefined)
      this.#points.add('test/accuracy_masked', step, scores.accuracyMasked)
    if (!this.isCompletedBy(scores)) return this.#diverge('test loss', scores.loss)
    this.end(this.#atLastStep ? 'finished' : 'early-stopped', null, {
      ...(best === null ? {} : summary('val', best)),
      ...summary('test', scores),
    })
  }

  /** Sends what was logged since the last time. */
  sendPoints(): void {
    const chunks = this.#points.take()
    if (chunks.length > 0) this.control.send({ type: 'points', run: this.id, chunks })
  }

  /** Sends the rest of the log and the end. */
  end(
    state: Exclude<RunOutcome['state'], 'failed'>,
    reason: string | null = null,
    scores: Summary = {},
  ): void {
    this.#active = false
    this.sendPoints()
    const bestStep = state === 'diverged' ? null : (this.#best.state.best?.step ?? null)
    const outcome: RunOutcome = { state, steps: this.#step, bestStep, summary: scores, reason }
    this.control.send({ type: 'ended', run: this.id, outcome })
    this.dispose()
  }

  /** Lets go of what it holds, however it ended. */
  dispose(): void {
    this.#forgetBestWeights()
  }

  get #atLastStep(): boolean {
    return this.#step >= this.config.training.max_steps
  }

  #log(metric: MetricName, value: number): void {
    this.#points.add(metric, this.#step, value)
  }

  #diverge(what: string, value: number): void {
    this.end('diverged', `${what} became ${value} at step ${this.#step}`)
  }

  #forgetBestWeights(): void {
    if (this.#bestWeights !== null) tf.dispose([...this.#bestWeights.values()])
    this.#bestWeights = null
  }
}

const summary = (split: 'val' | 'test', { loss, accuracy, accuracyMasked }: Scores): Summary => ({
  [`${split}/loss`]: loss,
  ...(accuracy === null ? {} : { [`${split}/accuracy`]: accuracy }),
  ...(accuracyMasked === undefined ? {} : { [`${split}/accuracy_masked`]: accuracyMasked }),
})
