import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
import { openListopsFile, type ListopsFile } from './listops-files'
import {
  END,
  PADDING,
  VOCABULARY,
  drawExpression,
  type Expression,
  type ListopsSizes,
} from './listops-expression'
import { paddedLengths } from './padded-lengths'
import { randomFor } from './random'
import { exampleAt, positionsBeyondOf, type Batch, type Split, type Task } from './task'

const CLASSES = 10
/** FPT's loader cuts sequences to this many tokens, and pads them to it. */
const FPT_LENGTH = 512
/** So many draws without a sequence of the length asked for: there is none, or hardly any. */
const MOST_ATTEMPTS = 20_000

/** The lengths that batches are padded to follow from so many examples: all would have to be drawn before a study is planned. */
const SAMPLE = 2000

/** Where the tokens of a split come from. */
interface Expressions {
  readonly size: number
  readonly longest: number
  /** Tokens of every example, of the first so many where it is said. */
  lengths(first?: number): Promise<Int32Array>
  read(examples: readonly number[], into: (i: number) => Int32Array): { length: number; value: number }[]
}

/** How an expression becomes an example. */
interface Reading {
  /** T */
  readonly tokens: number
  /** Brackets lost and the rest cut, as FPT's loader does. */
  readonly asFpt: boolean
  readonly masked: boolean
}

/**
 * ListOps: the value of a nested list expression, from its tokens, brackets included, whole, padded at the end.
 * Examples are LRA's files in `dir`, or drawn as LRA draws them, each from its number when it is asked for.
 *
 * `fpt_loader` brings back the two faults of FPT's loader: closing brackets are dropped and sequences cut to 512 tokens;
 * shorter ones are filled up, the padding is attended to, and the last token, which is read, is padding.
 */
export async function openListops(source: TaskSource): Promise<Task> {
  const { options, files } = source
  const asFpt = options['fpt_loader'] === true
  const masked = !asFpt && options['padding'] !== 'attended'
  const isFromFiles = files['train'] !== undefined
  const splits = isFromFiles ? await openFiles(source) : generated(source)
  const longest = Math.max(...Object.values(splits).map((split) => split.longest))
  const reading: Reading = { tokens: asFpt ? FPT_LENGTH : longest, asFpt, masked }
  const isByLength = masked && options['batches'] === 'by-length'
  const sample = isByLength ? await splits.train.lengths(SAMPLE) : null
  return {
    input: {
      ...{ kind: 'tokens', tokens: reading.tokens, vocabulary: asFpt ? VOCABULARY - 1 : VOCABULARY },
      ...(masked && { padded: true }),
      ...(sample && { paddedTo: paddedLengths(sample, reading.tokens) }),
      positionsBeyond: positionsBeyondOf(options),
    },
    output: { kind: 'classes', count: CLASSES },
    readTokens: 1,
    train: new ListopsSplit(splits.train, reading),
    validation: new ListopsSplit(splits.val, reading),
    test: new ListopsSplit(splits.test, reading),
  }
}

type Splits = Readonly<Record<'train' | 'val' | 'test', Expressions>>

async function openFiles({ files, options }: TaskSource): Promise<Splits> {
  const most = Number(options['max_length'])
  const open = async (file = ''): Promise<ListopsFile> => {
    const opened = await openListopsFile(file)
    if (opened.longest < most) return opened
    throw new InputError(
      `holds a sequence of ${opened.longest} tokens, expected fewer than max_length, ${most}; none is cut`,
      { file },
    )
  }
  return { train: await open(files['train']), val: await open(files['val']), test: await open(files['test']) }
}

/** What is drawn, as the options say. */
interface ListopsDrawing {
  readonly sizes: ListopsSizes
  readonly seed: number
  readonly counts: Readonly<Record<'train' | 'val' | 'test', number>>
}

/** @throws {InputError} where hardly any sequence has the length that the options ask for */
function drawingOf(options: TaskSource['options']): ListopsDrawing {
  const number = (name: string): number => Number(options[name])
  const sizes: ListopsSizes = {
    minLength: number('min_length'),
    maxLength: number('max_length'),
    maxDepth: number('max_depth'),
    maxArgs: number('max_args'),
  }
  if (drawExpression(randomFor('listops', 'lengths'), sizes, MOST_ATTEMPTS) === null) {
    throw new InputError(
      `no sequence of more than ${sizes.minLength} and fewer than ${sizes.maxLength} tokens in ${MOST_ATTEMPTS} draws of depth ${sizes.maxDepth} and ${sizes.maxArgs} arguments`,
      { field: 'task.min_length' },
    )
  }
  const counts = {
    train: number('train_examples'),
    val: number('validation_examples'),
    test: number('test_examples'),
  }
  return { sizes, seed: number('data_seed'), counts }
}

function generated({ options }: TaskSource): Splits {
  const { sizes, seed, counts } = drawingOf(options)
  const split = (name: keyof Splits): Expressions => drawn(sizes, seed, name, counts[name])
  return { train: split('train'), val: split('val'), test: split('test') }
}

/** How many examples the splits have that a task with these options draws, and their examples. */
export function listopsExamples(options: TaskSource['options']): {
  readonly counts: ListopsDrawing['counts']
  readonly of: (split: keyof Splits) => Iterable<Expression>
} {
  const { sizes, seed, counts } = drawingOf(options)
  return {
    counts,
    *of(split) {
      for (let i = 0; i < counts[split]; i++) yield listopsExample(sizes, seed, split, i)
    },
  }
}

/** The examples of a split, each of which follows from its number. */
export const listopsExample = (
  sizes: ListopsSizes,
  seed: number,
  split: 'train' | 'val' | 'test',
  index: number,
): Expression =>
  drawExpression(randomFor('listops', seed, split, index), sizes) ?? { tokens: new Uint8Array(), value: 0 }

const drawn = (
  sizes: ListopsSizes,
  seed: number,
  split: 'train' | 'val' | 'test',
  size: number,
): Expressions => ({
  size,
  longest: sizes.maxLength - 1,
  async lengths(first = size) {
    const lengths = new Int32Array(Math.min(first, size))
    for (let i = 0; i < lengths.length; i++) {
      // Now and then other work gets its turn.
      if (i % 256 === 0) await new Promise((resolve) => setImmediate(resolve))
      lengths[i] = listopsExample(sizes, seed, split, i).tokens.length
    }
    return lengths
  },
  read: (examples, into) =>
    examples.map((index, i) => {
      const { tokens, value } = listopsExample(sizes, seed, split, index)
      into(i).set(tokens)
      return { length: tokens.length, value }
    }),
})

class ListopsSplit implements Split {
  readonly size: number
  #lengths: Promise<Int32Array> | null = null
  readonly lengths = (): Promise<Int32Array> => (this.#lengths ??= this.from.lengths())

  constructor(
    private readonly from: Expressions,
    private readonly reading: Reading,
  ) {
    this.size = from.size
  }

  batch(indices: ArrayLike<number>, tokens = this.reading.tokens): Batch {
    const { asFpt, masked } = this.reading
    const examples = Array.from(indices, (_, i) => exampleAt(indices, i, this))
    const whole = examples.map(() => new Int32Array(this.from.longest).fill(PADDING))
    const read = this.from.read(examples, (i) => whole[i] ?? new Int32Array())
    const x = new Int32Array(examples.length * tokens)
    whole.forEach((sequence, i) => {
      const kept = asFpt ? sequence.filter((token) => token !== END) : sequence
      x.set(kept.subarray(0, tokens), i * tokens)
    })
    return {
      size: examples.length,
      x,
      lengths: masked ? Int32Array.from(read, ({ length }) => length) : null,
      y: Int32Array.from(read, ({ value }) => value),
    }
  }
}
