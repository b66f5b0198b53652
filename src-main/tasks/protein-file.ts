import { InputError } from '../errors'
import type { SlicedBytes } from '../tensor-files/file-slices'
import type { UnpackedFiles } from '../tensor-files/unpacked-files'
import { jsonItems } from './json-list'
import { openLmdb } from './lmdb'
import { readPickle } from './pickle'

/** TAPE's vocabulary ("iupac"): a token's number is its place here; the amino acids stand behind the five signs. */
const SIGNS = ['<pad>', '<mask>', '<cls>', '<sep>', '<unk>'] as const
const AMINO_ACIDS = 'ABCDEFGHIKLMNOPQRSTUVWXYZ'
export const VOCABULARY = SIGNS.length + AMINO_ACIDS.length
const [CLS, SEP] = [SIGNS.indexOf('<cls>'), SIGNS.indexOf('<sep>')]

/** TAPE's folds. FPT's readout has 1200 outputs, of which five never are an answer. */
export const FOLDS = 1195

/** A file of proteins, of which the tokens stay on disk. */
export interface ProteinFile {
  readonly size: number
  /** Where the tokens of each protein begin, and last where they end. */
  readonly starts: Float64Array
  readonly folds: Uint16Array
  /** The tokens of each of these proteins, with <cls> before and <sep> behind them. */
  read(proteins: readonly number[]): Uint8Array[]
}

/**
 * Opens one of TAPE's files. Its proteins stand in pickles or in text, beside much that no task reads: their tokens are
 * taken out of it once, into a file of their own, and read there as they are asked for.
 * @throws {InputError} naming the protein and the byte
 */
export async function openProteinFile(file: string, unpacked: UnpackedFiles): Promise<ProteinFile> {
  const bytes = await unpacked.bytesOf({ file, what: 'proteins' }, () => packedProteins(file))
  const [size = 0] = new Float64Array(partOf(bytes, bytes.size - 8, 8))
  const tail = bytes.size - 8 - size * 2 - (size + 1) * 8
  const starts = new Float64Array(partOf(bytes, tail, (size + 1) * 8))
  return {
    ...{ size, starts },
    folds: new Uint16Array(partOf(bytes, tail + (size + 1) * 8, size * 2)),
    read: (proteins) => bytes.read(proteins.map((i) => ({ start: starts[i] ?? 0, end: starts[i + 1] ?? 0 }))),
  }
}

const partOf = (bytes: SlicedBytes, start: number, length: number): ArrayBuffer =>
  bytes.read([{ start, end: start + length }])[0]?.buffer ?? new ArrayBuffer()

/** Tokens of this many proteins are written together. */
const TOGETHER = 512

/** The tokens of all proteins, a byte each; then where each begins and all end, the folds, and how many they are. */
async function* packedProteins(file: string): AsyncGenerator<Uint8Array> {
  const starts = [0]
  const folds: number[] = []
  let pending: Uint8Array[] = []
  for await (const record of file.endsWith('.json') ? jsonRecords(file) : lmdbRecords(file)) {
    const { tokens, fold } = checked(record, file)
    starts.push((starts.at(-1) ?? 0) + tokens.length)
    folds.push(fold)
    pending.push(tokens)
    if (pending.length < TOGETHER) continue
    yield Buffer.concat(pending)
    pending = []
  }
  yield Buffer.concat(pending)
  for (const numbers of [Float64Array.from(starts), Uint16Array.from(folds), Float64Array.of(folds.length)])
    yield new Uint8Array(numbers.buffer)
}

function checked(
  { place, primary, fold }: ProteinRecord,
  file: string,
): { readonly tokens: Uint8Array; readonly fold: number } {
  const wrong = (found: unknown, field: string, expected: string): InputError =>
    new InputError(`${place}: ${field} is ${String(found)}, expected ${expected}`, { file })
  if (typeof primary !== 'string' || primary === '') throw wrong(primary, 'primary', 'amino acids')
  const isFold = typeof fold === 'number' && Number.isInteger(fold) && fold >= 0 && fold < FOLDS
  if (!isFold) throw wrong(fold, 'fold_label', `a whole number below ${FOLDS}`)
  const tokens = Uint8Array.from([CLS, ...Array.from(primary, tokenOf), SEP])
  const unknown = tokens.indexOf(UNKNOWN)
  if (unknown >= 0)
    throw wrong(`"${primary[unknown - 1]}"`, `letter ${unknown} of primary`, `one of ${AMINO_ACIDS}`)
  return { tokens, fold }
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
  const read = (key: string): { readonly at: number; readonly value: ReturnType<typeof readPickle> } => {
    const found = database.values.get(key)
    if (found === undefined) throw new InputError(`holds no "${key}"`, { file })
    try {
      return { at: found.start, value: readPickle(database.read(found)) }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new InputError(`"${key}", at byte ${found.start}: ${error.message}`, { file })
    }
  }
  const { at, value: count } = read('num_examples')
  if (typeof count !== 'number') throw new InputError(`"num_examples", at byte ${at}: is no number`, { file })
  for (let i = 0; i < count; i++) {
    // Now and then other work gets its turn.
    if (i % 256 === 0) await new Promise((resolve) => setImmediate(resolve))
    const { at, value: record } = read(String(i))
    const place = `protein ${i}, at byte ${at}`
    if (!(record instanceof Map)) throw new InputError(`${place}: is no dictionary`, { file })
    yield { place, primary: record.get('primary'), fold: record.get('fold_label') }
  }
}
