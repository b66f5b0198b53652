import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
import { fileOf } from './images'
import { jsonItems } from './json-list'
import { openLmdb } from './lmdb'
import { paddedLengths } from './padded-lengths'
import { readPickle } from './pickle'
import { exampleAt, positionsBeyondOf, type Batch, type Split, type Task } from './task'

/** TAPE's vocabulary ("iupac"): a token's number is its place here; the amino acids stand behind the five signs. */
const SIGNS = ['<pad>', '<mask>', '<cls>', '<sep>', '<unk>'] as const
const AMINO_ACIDS = 'ABCDEFGHIKLMNOPQRSTUVWXYZ'
const VOCABULARY = SIGNS.length + AMINO_ACIDS.length
const [CLS, SEP] = [SIGNS.indexOf('<cls>'), SIGNS.indexOf('<sep>')]

/** TAPE's folds. FPT's readout has 1200 outputs, of which five never are an answer. */
const FOLDS = 1195

/** The proteins of one split, as tokens with <cls> before and <sep> behind them. */
interface Proteins {
  readonly sequences: readonly Uint8Array[]
  readonly folds: readonly number[]
  readonly longest: number
  /** How many were longer than is kept. */
  readonly leftOut: number
}

/**
 * Remote homology (TAPE, Rao et al. 2019): which of 1195 folds a protein has, from its amino acids. Validation is TAPE's
 * own; test is one of its three holdouts. Longer proteins than `max_length` tokens are left out, and how many is said.
 */
export async function openRemoteHomology(source: TaskSource): Promise<Task> {
  const { options } = source
  const most = Number(options['max_length'])
  const read = async (role: string): Promise<Proteins> => readProteins(fileOf(source, role), most)
  const [train, validation, test] = [await read('train'), await read('val'), await read('test')]
  const tokens = Math.max(train.longest, validation.longest, test.longest)
  const masked = options['padding'] !== 'attended'
  const isByLength = masked && options['batches'] === 'by-length'
  const splitOf = (proteins: Proteins): Split => new ProteinSplit(proteins, tokens, masked)
  return {
    input: {
      ...{ kind: 'tokens', tokens, vocabulary: VOCABULARY },
      ...(masked && { padded: true }),
      ...(isByLength && { paddedTo: paddedLengths(lengthsOf(train), tokens) }),
      positionsBeyond: positionsBeyondOf(options),
    },
    output: { kind: 'classes', count: FOLDS },
    readTokens: 1,
    train: splitOf(train),
    validation: splitOf(validation),
    test: splitOf(test),
    notes: leftOutNotes({ train, validation, test }, most),
  }
}

const leftOutNotes = (splits: Readonly<Record<string, Proteins>>, most: number): string[] =>
  Object.entries(splits).flatMap(([name, { leftOut, sequences }]) =>
    leftOut === 0
      ? []
      : [
          `${leftOut} of ${leftOut + sequences.length} ${name} proteins are longer than ${most} tokens and left out`,
        ],
  )

const lengthsOf = ({ sequences }: Proteins): Int32Array => Int32Array.from(sequences, ({ length }) => length)

class ProteinSplit implements Split {
  readonly size: number
  readonly lengths = (): Promise<Int32Array> => Promise.resolve(lengthsOf(this.proteins))

  constructor(
    private readonly proteins: Proteins,
    private readonly tokens: number,
    private readonly masked: boolean,
  ) {
    this.size = proteins.sequences.length
  }

  batch(indices: ArrayLike<number>, tokens = this.tokens): Batch {
    const { sequences, folds } = this.proteins
    const examples = Array.from(indices, (_, i) => exampleAt(indices, i, this))
    const x = new Int32Array(examples.length * tokens)
    examples.forEach((example, i) => x.set(sequences[example] ?? [], i * tokens))
    return {
      size: examples.length,
      x,
      lengths: this.masked ? Int32Array.from(examples, (example) => sequences[example]?.length ?? 0) : null,
      y: Int32Array.from(examples, (example) => folds[example] ?? 0),
    }
  }
}

/** Reads a file of proteins, of which only tokens and folds are held. @throws {InputError} naming the protein */
async function readProteins(file: string, most: number): Promise<Proteins> {
  const sequences: Uint8Array[] = []
  const folds: number[] = []
  let [longest, leftOut] = [0, 0]
  for await (const { place, primary, fold } of file.endsWith('.json')
    ? jsonRecords(file)
    : lmdbRecords(file)) {
    const wrong = (found: unknown, field: string, expected: string): InputError =>
      new InputError(`${place}: ${field} is ${String(found)}, expected ${expected}`, { file })
    if (typeof primary !== 'string' || primary === '') throw wrong(primary, 'primary', 'amino acids')
    const isFold = typeof fold === 'number' && Number.isInteger(fold) && fold >= 0 && fold < FOLDS
    if (!isFold) throw wrong(fold, 'fold_label', `a whole number below ${FOLDS}`)
    if (primary.length + 2 > most) {
      leftOut++
      continue
    }
    const tokens = Uint8Array.from([CLS, ...Array.from(primary, tokenOf), SEP])
    const unknown = tokens.indexOf(UNKNOWN)
    if (unknown >= 0)
      throw wrong(`"${primary[unknown - 1]}"`, `letter ${unknown} of primary`, `one of ${AMINO_ACIDS}`)
    sequences.push(tokens)
    folds.push(fold)
    longest = Math.max(longest, tokens.length)
  }
  if (sequences.length === 0) throw new InputError(`holds no protein of at most ${most} tokens`, { file })
  return { sequences, folds, longest, leftOut }
}

const UNKNOWN = 255
function tokenOf(letter: string): number {
  const place = AMINO_ACIDS.indexOf(letter)
  return place < 0 ? UNKNOWN : SIGNS.length + place
}

/** What a file says of a protein, unchecked; `place` names it within the file. */
interface ProteinRecord {
  readonly place: string
  readonly primary: unknown
  readonly fold: unknown
}

/** TAPE's JSON export: a list of records. */
async function* jsonRecords(file: string): AsyncGenerator<ProteinRecord> {
  let i = 0
  for await (const { value, at } of jsonItems(file, 'TAPE’s list of proteins')) {
    const { primary, fold_label: fold } = (value ?? {}) as { primary?: unknown; fold_label?: unknown }
    yield { place: `protein ${i++}, at byte ${at}`, primary, fold }
  }
}

/** TAPE's LMDB: pickled records under "0", "1", …, and how many there are under "num_examples". */
async function* lmdbRecords(file: string): AsyncGenerator<ProteinRecord> {
  const database = openLmdb(file)
  const read = (key: string): ReturnType<typeof readPickle> => {
    const value = database.values.get(key)
    if (value === undefined) throw new InputError(`holds no "${key}"`, { file })
    try {
      return readPickle(database.read(value))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new InputError(`"${key}", at byte ${value.start}: ${error.message}`, { file })
    }
  }
  const count = read('num_examples')
  if (typeof count !== 'number') throw new InputError('"num_examples" is no number', { file })
  for (let i = 0; i < count; i++) {
    // Now and then other work gets its turn.
    if (i % 256 === 0) await new Promise((resolve) => setImmediate(resolve))
    const record = read(String(i))
    if (!(record instanceof Map)) throw new InputError(`protein ${i} is no dictionary`, { file })
    yield { place: `protein ${i}`, primary: record.get('primary'), fold: record.get('fold_label') }
  }
}
