import type { ValidationOptions } from '../run'

/** Mean loss and share of right answers over a split; no accuracy where nothing is right or wrong. */
export interface Scores {
  readonly loss: number
  readonly accuracy: number | null
  /** Share of right answers among the bits that the input hides; absent where none is hidden. */
  readonly accuracyMasked?: number
}

export interface BestStepState {
  readonly best: (Scores & { readonly step: number }) | null
  /** The last step that was evaluated; 0: none yet. */
  readonly evaluatedStep: number
  /** Evaluations since the best one. */
  readonly stale: number
}

/**
 * Which step validation chooses, and when a run has gone long enough without a better one. The best step moves only
 * when a score is strictly better: the earliest wins a tie.
 */
export class BestStep {
  #state: BestStepState

  constructor(
    private readonly options: Pick<ValidationOptions, 'metric' | 'patience'>,
    state: BestStepState = { best: null, evaluatedStep: 0, stale: 0 },
  ) {
    this.#state = state
  }

  /** To be kept in a checkpoint. */
  get state(): BestStepState {
    return this.#state
  }

  /** The patience is used up. */
  get exhausted(): boolean {
    return this.#state.stale >= this.options.patience && this.#state.stale > 0
  }

  /** Takes the (finite) scores of a step and tells whether they are the best so far. */
  offer(step: number, scores: Scores): boolean {
    const { best, stale } = this.#state
    const better = best === null || this.#rank(scores) > this.#rank(best)
    this.#state = {
      best: better ? { ...scores, step } : best,
      evaluatedStep: step,
      stale: better ? 0 : stale + 1,
    }
    return better
  }

  #rank({ loss, accuracy }: Scores): number {
    if (this.options.metric === 'loss') return -loss
    if (accuracy === null) throw new Error('a task without accuracy is chosen by loss')
    return accuracy
  }
}
