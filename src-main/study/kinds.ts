import { z } from 'zod'
import { flag, label, oneOf, path, real, says, strict, whole } from './expect'

/** Tasks and models as a study may describe them: one mapping of options for each kind. */

const image = {
  patch: says(
    whole(1, 4096).default(4),
    'Side of the square patches that become tokens, in pixels; it divides the image.',
  ),
}
const name = { name: says(label().optional(), 'The word for it in tables and exports.') }
const padding = says(
  oneOf('masked', 'attended').default('masked'),
  "Whether the padding behind a sequence is hidden, or seen and the token read, as FPT's is.",
)
const BATCHES =
  'Batches of examples of about one length, padded to little more, or of all lengths, padded to the longest.'
const positionsBeyond = says(
  oneOf('refused', 'drawn').default('refused'),
  'Sequences longer than the position table: refused, or the rows beyond are drawn, and train where positions do.',
)
const laterPositionsBeyond = says(
  oneOf('refused', 'drawn').optional(),
  'As for listops; refused where it is left out.',
)
const folder = { dir: says(path().optional(), 'Folder of the data, where it is not one that `data` lists.') }

/** The options of every kind of task, with their defaults. */
export const TASK_KINDS = {
  'bit-memory': {
    n: says(whole(1, 1_000_000).default(1000), 'Bits of a pattern.'),
    patterns: says(whole(1, 10_000).default(5), 'Patterns to remember.'),
    patch: says(whole(1, 1_000_000).default(50), 'Bits of a token; it divides n.'),
    mask: says(
      real(0, 1).default(0.5),
      "Chance of each bit of the repeated pattern to be hidden; FPT's is 0.5.",
    ),
  },
  'bit-xor': {
    n: says(whole(1, 1_000_000).default(5), 'Bits of a pattern.'),
    patterns: says(whole(1, 10_000).default(2), 'Patterns to combine.'),
    patch: says(whole(1, 1_000_000).default(5), 'Bits of a token; it divides n.'),
  },
  listops: {
    ...folder,
    min_length: says(whole(1, 1_000_000).default(500), 'Sequences have more tokens than this.'),
    max_length: says(whole(1, 1_000_000).default(2000), 'Sequences have fewer tokens than this.'),
    max_depth: says(whole(2, 100).default(10), 'Lists are nested less deep than this.'),
    max_args: says(whole(2, 1000).default(10), 'Most values in a list.'),
    train_examples: says(whole(1, 100_000_000).default(96_000), 'Sequences to train on.'),
    validation_examples: says(whole(1, 100_000_000).default(2000), 'Sequences to choose by.'),
    test_examples: says(whole(1, 100_000_000).default(2000), 'Sequences to judge by.'),
    data_seed: says(whole(0, 2_147_483_647).default(0), 'Other numbers draw other sequences.'),
    padding,
    batches: says(oneOf('by-length', 'mixed').default('mixed'), BATCHES),
    positions_beyond: positionsBeyond,
    fpt_loader: says(
      flag().default(false),
      "The faults of FPT's loader: closing brackets lost, sequences cut to 512 tokens, padding read.",
    ),
  },
  mnist: image,
  cifar10: {
    ...folder,
    ...image,
    augment: says(flag().default(false), "FPT's random crops, flips and rotations of training images."),
  },
  'cifar10-lra': { ...folder, positions_beyond: laterPositionsBeyond },
  'remote-homology': {
    ...folder,
    max_length: says(whole(1, 1_000_000).default(1024), 'Longest protein that is kept, in tokens.'),
    holdout: says(
      oneOf('fold', 'superfamily', 'family').default('fold'),
      "Which of TAPE's three test sets: of folds, superfamilies or families that were held out.",
    ),
    padding,
    batches: says(
      oneOf('by-length', 'mixed').optional(),
      `As for listops; by-length where it is left out, unless padding is attended.`,
    ),
    positions_beyond: positionsBeyond,
  },
  'idx-images': { dir: says(path(), 'Folder with the four IDX files, plain or gzipped.'), ...image },
  tensors: {
    path: says(path(), 'A .safetensors or .npz file with train_x, train_y and optionally val_* and test_*.'),
    token_width: says(
      whole(1, 1_000_000).optional(),
      'Values of a token where x is [N, R, k * token_width].',
    ),
    bits: says(flag().default(false), 'y holds bits, not a class.'),
    batches: says(
      oneOf('by-length', 'mixed').optional(),
      'As for listops, where the file has lengths; mixed where it is left out.',
    ),
    positions_beyond: laterPositionsBeyond,
  },
} as const

/** What each kind of task is about, in a sentence. */
export const TASK_ABOUT: Readonly<Record<keyof typeof TASK_KINDS, string>> = {
  mnist: 'Handwritten digits, 60,000 to train, 10,000 to test.',
  cifar10: 'Colour photographs of ten kinds of things, 50,000 to train, 10,000 to test, cut into patches.',
  'cifar10-lra': 'The same in grey, pixel by pixel, as in Long Range Arena: 1024 tokens.',
  listops: 'The value of a nested list of digits, drawn as in Long Range Arena, or from its files.',
  'bit-memory': 'Bits of a pattern seen before, of which half are shown again.',
  'bit-xor': 'The exclusive or of patterns of bits.',
  'remote-homology': 'Which of 1195 folds a protein has, from its amino acids (TAPE).',
  'idx-images': 'Images of your own in MNIST’s file format, cut into patches.',
  tensors: 'Arrays of your own, to classify or to predict numbers, from safetensors or NumPy.',
}

/** Options that a kind got later, at the value that says nothing: there they are left out, so that keys stay as they were. */
export const LATER_TASK_OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'bit-memory': { mask: 0.5 },
  listops: { batches: 'mixed' },
  'remote-homology': { batches: 'mixed' },
  'cifar10-lra': { positions_beyond: 'refused' },
  tensors: { positions_beyond: 'refused', batches: 'mixed' },
}

/** Options whose usual value follows from others. */
export const usualTaskOptions = (kind: string, options: Readonly<Record<string, unknown>>): object =>
  kind === 'remote-homology' && options['padding'] !== 'attended' ? { batches: 'by-length' } : {}

const kindError = (kinds: Readonly<Record<string, unknown>>) => (issue: { code?: string }) =>
  issue.code === 'invalid_union' ? `one of ${Object.keys(kinds).join(', ')}` : 'a mapping with a kind'

const kind = <Kind extends string>(word: Kind) => ({ kind: says(z.literal(word), 'Which one.'), ...name })

export const taskObject = z.discriminatedUnion(
  'kind',
  [
    strict({ ...kind('bit-memory'), ...TASK_KINDS['bit-memory'] }),
    strict({ ...kind('bit-xor'), ...TASK_KINDS['bit-xor'] }),
    strict({ ...kind('listops'), ...TASK_KINDS.listops }),
    strict({ ...kind('mnist'), ...TASK_KINDS.mnist }),
    strict({ ...kind('cifar10'), ...TASK_KINDS.cifar10 }),
    strict({ ...kind('cifar10-lra'), ...TASK_KINDS['cifar10-lra'] }),
    strict({ ...kind('remote-homology'), ...TASK_KINDS['remote-homology'] }),
    strict({ ...kind('idx-images'), ...TASK_KINDS['idx-images'] }),
    strict({ ...kind('tensors'), ...TASK_KINDS.tensors }),
  ],
  { error: kindError(TASK_KINDS) },
)

const width = says(whole(1, 65_536), 'Width of the trunk.')
const layers = says(whole(1, 1000), 'Layers of the trunk.')
const heads = says(whole(1, 4096), 'Attention heads; they divide the width.')
const positions = (count: number) =>
  says(whole(1, 1_000_000).default(count), 'Rows of the position table: the longest sequence.')
const intermediate = says(
  whole(1, 1_000_000).optional(),
  'Inner width of the feed-forward layers; 4 * width if not given.',
)

/** The shapes that random trunks can have. */
export const MODEL_KINDS = {
  gpt2: { layers, width, heads, intermediate, positions: positions(1024) },
  bert: { layers, width, heads, intermediate, positions: positions(512) },
  roberta: { layers, width, heads, intermediate, positions: positions(512) },
  vit: { layers, width, heads, intermediate, positions: positions(1024) },
  lstm: { layers, width },
  fpt_lnlstm: { layers, width },
} as const

const modelShape = z.discriminatedUnion(
  'kind',
  [
    strict({ ...kind('gpt2'), ...MODEL_KINDS.gpt2 }),
    strict({ ...kind('bert'), ...MODEL_KINDS.bert }),
    strict({ ...kind('roberta'), ...MODEL_KINDS.roberta }),
    strict({ ...kind('vit'), ...MODEL_KINDS.vit }),
    strict({ ...kind('lstm'), ...MODEL_KINDS.lstm }),
    strict({ ...kind('fpt_lnlstm'), ...MODEL_KINDS.fpt_lnlstm }),
  ],
  { error: kindError(MODEL_KINDS) },
)
const firstLayers = says(whole(1, 1000).optional(), 'Only the first so many layers; all if not given.')
const modelFolder = strict({
  path: says(path(), 'Folder with config.json and model.safetensors.'),
  layers: firstLayers,
  ...name,
})
const installedModel = strict({
  installed: says(label(), 'A name that `models` lists.'),
  layers: firstLayers,
  ...name,
})

export const model = z.union([label(), modelFolder, installedModel, modelShape], {
  error: 'a name that `models` lists, {path: DIR} or {kind: gpt2, layers: 4, width: 128, heads: 4}',
})
