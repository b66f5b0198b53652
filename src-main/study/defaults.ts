import type { ExecutionOptions, SelectionRule, TestOptions, TrainingOptions, ValidationOptions } from '../run'
import type { RateGrid } from './rates'
import { MAIN_SETTINGS } from './settings'

/** Every default of a study file, with where it comes from. "The paper" is Rothermel et al. 2021, arXiv 2107.12460. */
export const DEFAULTS: {
  readonly settings: readonly string[]
  readonly learning_rates: RateGrid
  readonly seeds: readonly number[]
  readonly training: TrainingOptions
  readonly validation: ValidationOptions
  readonly test: TestOptions
  readonly selection: SelectionRule
  readonly execution: ExecutionOptions
} = {
  settings: MAIN_SETTINGS, // the paper's question
  learning_rates: { from: 1e-6, to: 1e-2, per_decade: 1 }, // the paper's range; it does not say how densely
  seeds: [0, 1, 2], // the paper: 3 seeds
  training: {
    batch_size: 8, // the paper
    max_steps: 20_000, // ours; the paper trains 300,000 to 400,000 by task
    optimizer: 'adam', // the paper
    weight_decay: 0, // the paper
    momentum: 0, // PyTorch's
    betas: [0.9, 0.999], // the paper's code: PyTorch's
    eps: 1e-8, // likewise
    schedule: 'constant', // the paper names none
    warmup_steps: 0, // likewise
    accumulate_steps: 1, // a matter of memory alone
    label_smoothing: 0, // the paper names none
    grad_clip: 1, // global norm, each run by its own: the paper
    dropout: 0.1, // the paper
    shuffle: true,
  },
  validation: {
    fraction: 0.1, // ours: the paper carves a split of its own but does not say how large
    seed: 0,
    examples: 'all',
    every: 500, // steps; ours, not known from the paper
    patience: 10, // evaluations; ours, not known from the paper
    metric: 'accuracy',
  },
  test: { examples: 'all' },
  selection: {
    metric: 'accuracy',
    seeds: 'mean',
    tie: 'lowest-rate', // the smaller step is the safer claim
    diverged: 'exclude-arm', // a rate at which a seed fails is no rate to recommend
  },
  execution: { precision: 'float32', isolation: 'thread', keep_weights: 'small' },
}

/** What Rothermel et al. 2021 used, by key of the study file, where they say it: what the form marks a departure from. */
export const PAPER: Readonly<Record<string, string | number>> = {
  'training.batch_size': 8,
  'training.optimizer': 'adam',
  'training.weight_decay': 0,
  'training.grad_clip': 1,
  'training.dropout': 0.1,
  'test.examples': 'all',
  'selection.seeds': 'mean',
}
/** Their most steps, by kind of task. */
export const PAPER_MAX_STEPS: Readonly<Record<string, number>> = {
  mnist: 400_000,
  listops: 300_000,
  cifar10: 400_000,
  'cifar10-lra': 300_000,
}
export const PAPER_SEEDS = 3
