import { z } from 'zod'
import { KEPT_WEIGHTS, PARTS, PRECISIONS } from '../run'
import { DEFAULTS } from './defaults'
import { RATE_SAMPLES } from './rates'
import { amount, flag, label, list, oneOf, path, real, says, strict, whole } from './expect'
import { model, taskObject } from './kinds'

const LARGEST_SEED = 2 ** 31 - 1
const SMALLEST_RATE = 1e-12
/** Far beyond what trains: that a rate diverges is a result, and for the study to find. */
const LARGEST_RATE = 1e30

const seed = () => whole(0, LARGEST_SEED)
const rate = () => real(SMALLEST_RATE, LARGEST_RATE)
const rates = () => list(rate(), 'a list of learning rates such as [1e-4, 1e-3]')

const setting = strict({
  name: says(label(), 'The word for it in tables and exports.'),
  init: says(oneOf('pretrained', 'random', 'statistics'), 'First values of the trunk.'),
  train: says(
    list(
      z.union(
        [oneOf(...PARTS), strict({ last_layers: says(whole(1, 1000), 'All of the last so many layers.') })],
        { error: `one of ${PARTS.join(', ')}, or last_layers: 2` },
      ),
      'a list of parts such as [input, output, layer_norm]',
    ),
    'What receives gradients; the rest of the trunk stays as it is.',
  ),
})

const grid = strict({
  from: says(rate(), 'Lowest learning rate.'),
  to: says(rate(), 'Highest learning rate.'),
  per_decade: says(whole(1, 100).default(1), 'Rates to each factor of ten.'),
})

const draw = strict({
  from: says(rate(), 'Lowest learning rate that may be drawn.'),
  to: says(rate(), 'Highest learning rate that may be drawn.'),
  count: says(whole(1, 1000), 'How many are drawn, the same for all settings; more add to those there are.'),
  sample: says(
    oneOf(...RATE_SAMPLES).default('log-uniform'),
    'What is as likely as any other: with log-uniform every factor, with uniform every rate, so that most lie in the highest decade.',
  ),
  seed: says(seed().default(0), 'Which ones are drawn.'),
})

const training = strict({
  batch_size: says(whole(1, 65_536), 'Examples of a step.', DEFAULTS.training.batch_size),
  max_steps: says(
    whole(1, 1_000_000_000),
    'Steps after which a run ends at the latest.',
    DEFAULTS.training.max_steps,
  ),
  optimizer: says(
    oneOf('adam', 'adamw', 'sgd'),
    'How gradients change weights, as PyTorch defines it; adamw decays weights apart from the gradients.',
    DEFAULTS.training.optimizer,
  ),
  weight_decay: says(
    real(0, 1000),
    'Pulls every trained parameter towards zero: with adam and sgd through its gradient, with adamw by itself.',
    DEFAULTS.training.weight_decay,
  ),
  momentum: says(
    real(0, 1, { below: true }),
    'Of sgd: the share of the last direction that a step keeps.',
    DEFAULTS.training.momentum,
  ),
  betas: says(
    z.tuple([real(0, 1, { below: true }), real(0, 1, { below: true })], {
      error: 'two numbers from 0 to below 1 such as [0.9, 0.999]',
    }),
    'Of adam and adamw: the shares that the running means of gradients and of their squares keep.',
    DEFAULTS.training.betas,
  ),
  eps: says(
    real(1e-16, 1),
    'Of adam and adamw: added to the root of the mean square.',
    DEFAULTS.training.eps,
  ),
  schedule: says(
    oneOf('constant', 'linear', 'cosine'),
    'How the rate changes after the warm-up; linear and cosine fall to 0 at max_steps. The learning rate is the peak.',
    DEFAULTS.training.schedule,
  ),
  warmup_steps: says(
    whole(0, 1_000_000_000),
    'First steps, over which the rate rises from 0 in equal parts.',
    DEFAULTS.training.warmup_steps,
  ),
  accumulate_steps: says(
    whole(1, 65_536),
    'Parts that a batch is taken in, one after the other, where it does not fit memory; divides batch_size.',
    DEFAULTS.training.accumulate_steps,
  ),
  label_smoothing: says(
    real(0, 1, { below: true }),
    'Share of the target spread over all classes, in training alone.',
    DEFAULTS.training.label_smoothing,
  ),
  grad_clip: says(
    real(0, 1_000_000),
    'Largest global norm of the gradients, each run by its own; 0: no clipping.',
    DEFAULTS.training.grad_clip,
  ),
  dropout: says(
    real(0, 1, { below: true }),
    'Share of units dropped in training.',
    DEFAULTS.training.dropout,
  ),
  shuffle: says(
    flag(),
    'false: batches in file order, wrapping around. Not with batches by length.',
    DEFAULTS.training.shuffle,
  ),
}).partial()

const validation = strict({
  fraction: says(
    real(0, 1, { below: true }),
    'Share of the training split set apart, for tasks without a validation split.',
    DEFAULTS.validation.fraction,
  ),
  seed: says(
    seed(),
    'Which examples are set apart; one split for all runs of the study.',
    DEFAULTS.validation.seed,
  ),
  examples: says(amount(), 'A fixed random subset of the validation split.', DEFAULTS.validation.examples),
  every: says(whole(1, 1_000_000_000), 'Steps between evaluations.', DEFAULTS.validation.every),
  patience: says(
    whole(1, 1_000_000_000),
    'Evaluations without improvement after which a run stops early.',
    DEFAULTS.validation.patience,
  ),
  metric: says(oneOf('accuracy', 'loss'), 'What the best step is best in.', DEFAULTS.validation.metric),
}).partial()

const override = strict({
  task: says(label().optional(), 'Name or kind of the task.'),
  model: says(label().optional(), 'Name of the model.'),
  training: training.optional(),
  validation: validation.optional(),
})

const oneOrMany = <Item extends z.ZodType>(item: Item, what: string) =>
  z.union([item, list(item, `${what}, or a list of them`)], { error: `${what}, or a list of them` })

/** A study file as it may be written. What it leaves out is filled in by `resolve.ts`. */
export const studyFile = strict({
  name: says(label(), 'What the study is called; a workspace knows it by this name.'),
  task: says(
    oneOrMany(
      z.union([label(), taskObject], { error: 'a task name or a mapping with a kind' }),
      'a task name or a mapping with a kind',
    ),
    'What is learned: a name, a mapping with kind and options, or a list of them.',
  ),
  model: says(
    oneOrMany(model, 'a model name, {path: DIR} or {kind: gpt2, layers: 4, width: 128, heads: 4}'),
    'The trunk: a name, a folder, the shape of a random trunk, or a list of them.',
  ),
  settings: says(
    list(
      z.union([label(), setting], { error: 'the name of a setting or {name, init, train}' }),
      'a list of settings',
    ).optional(),
    'How the trunk is treated.',
    DEFAULTS.settings,
  ),
  learning_rates: says(
    z
      .union([rates(), grid, draw], {
        error: 'a list of learning rates such as [1e-4, 1e-3], or {from: 1e-6, to: 1e-2, per_decade: 1}',
      })
      .optional(),
    'Rates to compare, rounded to 3 significant digits.',
    DEFAULTS.learning_rates,
  ),
  extra_learning_rates: says(
    z.record(z.string(), rates(), { error: 'a mapping from settings to lists of learning rates' }).optional(),
    'More rates for named settings.',
  ),
  seeds: says(
    list(seed(), 'a list of seeds such as [0, 1, 2]').optional(),
    'One run for each.',
    DEFAULTS.seeds,
  ),
  training: says(training.optional(), 'How a run is trained.'),
  validation: says(validation.optional(), 'How the best step and the best rate are found.'),
  test: says(
    strict({ examples: says(amount(), 'A fixed random subset of the test split.', DEFAULTS.test.examples) })
      .partial()
      .optional(),
    'How the test split is read, once per run.',
  ),
  selection: says(
    strict({
      metric: says(
        oneOf('accuracy', 'loss'),
        'What the best rate is best in, on validation.',
        DEFAULTS.selection.metric,
      ),
      seeds: says(oneOf('mean', 'median'), 'How seeds are put together.', DEFAULTS.selection.seeds),
      tie: says(
        oneOf('lowest-rate', 'highest-rate'),
        'Which of equal rates is chosen.',
        DEFAULTS.selection.tie,
      ),
      diverged: says(
        oneOf('exclude-arm', 'as-chance'),
        'What becomes of a rate with a diverged seed.',
        DEFAULTS.selection.diverged,
      ),
      extensions: says(
        whole(0, 100),
        'How often at most a setting may be tried beyond the shared rates, until its best one is interior.',
      ),
    })
      .partial()
      .optional(),
    'How the learning rate of each cell is chosen; it may change without training again.',
  ),
  execution: says(
    strict({
      precision: says(
        oneOf(...PRECISIONS),
        'Of the numbers that are multiplied: all in float32; in bf16 those of frozen matrices in bfloat16; in tf32 as NVIDIA GPUs round them.',
        DEFAULTS.execution.precision,
      ),
      isolation: says(oneOf('thread', 'process'), 'Where a worker lives.', DEFAULTS.execution.isolation),
      keep_weights: says(
        oneOf(...KEPT_WEIGHTS),
        'Of which complete runs the trained weights stay on disk, for export-weights; small: at most 100 MB a run.',
        DEFAULTS.execution.keep_weights,
      ),
    })
      .partial()
      .optional(),
    'How the machine is used.',
  ),
  overrides: says(
    z.array(override, { error: 'a list of overrides' }).optional(),
    'Other training or validation options for the cells of a task or a model; later ones win.',
  ),
  start_from: says(path().nullable().optional(), 'A .safetensors file with first values by parameter name.'),
  notes: says(
    z
      .string({ error: 'text' })
      .max(65_536, { error: 'text of at most 65536 characters' })
      .nullable()
      .optional(),
    'Anything to remember; changes nothing.',
  ),
})

/** The JSON schema of the study file, for editors: keys, ranges, defaults and a sentence on each. */
export const studyJsonSchema = (): Record<string, unknown> =>
  z.toJSONSchema(studyFile, { io: 'input', target: 'draft-07', unrepresentable: 'any' })
