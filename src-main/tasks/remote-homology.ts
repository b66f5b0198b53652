import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
import type { UnpackedFiles } from '../tensor-files/unpacked-files'
import { fileOf } from './images'
import { paddedLengths } from './padded-lengths'
import { FOLDS, VOCABULARY, openProteinFile, type ProteinFile } from './protein-file'
import { exampleAt, positionsBeyondOf, type Batch, type Split, type Task } from './task'

/** The proteins of one split that are kept. */
interface Proteins {
  readonly from: ProteinFile
  /** Their numbers in the file. */
  readonly kept: Uint32Array
  /** Their tokens. */
  readonly lengths: Int32Array
  readonly longest: number
}

/**
 * Remote homology (TAPE, Rao et al. 2019): which of 1195 folds a protein has, from its amino acids. Validation is TAPE's
 * own; test is one of its three holdouts. Longer proteins than `max_length` tokens are left out, and how many is said.
 */
export async function openRemoteHomology(source: TaskSource, unpacked: UnpackedFiles): Promise<Task> {
  const { options } = source
  const most = Number(options['max_length'])
  const read = (role: string): Promise<Proteins> => keptProteins(fileOf(source, role), most, unpacked)
  const [train, validation, test] = [await read('train'), await read('val'), await read('test')]
  const tokens = Math.max(train.longest, validation.longest, test.longest)
  const masked = options['padding'] !== 'attended'
  const isByLength = masked && options['batches'] === 'by-length'
  const splitOf = (proteins: Proteins): Split => new ProteinSplit(proteins, tokens, masked)
  return {
    input: {
      ...{ kind: 'tokens', tokens, vocabulary: VOCABULARY },
      ...(masked && { padded: true }),
      ...(isByLength && { paddedTo: paddedLengths(train.lengths, tokens) }),
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
  Object.entries(splits).flatMap(([name, { from, kept }]) =>
    kept.length === from.size
      ? []
      : [
          `${from.size - kept.length} of ${from.size} ${name} proteins are longer than ${most} tokens and left out`,
        ],
  )

class ProteinSplit implements Split {
  readonly size: number
  readonly lengths = (): Promise<Int32Array> => Promise.resolve(this.proteins.lengths)

  constructor(
    private readonly proteins: Proteins,
    private readonly tokens: number,
    private readonly masked: boolean,
  ) {
    this.size = proteins.kept.length
  }

  batch(indices: ArrayLike<number>, tokens = this.tokens): Batch {
    const { from, kept, lengths } = this.proteins
    const examples = Array.from(indices, (_, i) => exampleAt(indices, i, this))
    const proteins = examples.map((example) => kept[example] ?? 0)
    const x = new Int32Array(examples.length * tokens)
    from.read(proteins).forEach((sequence, i) => x.set(sequence, i * tokens))
    return {
      size: examples.length,
      x,
      lengths: this.masked ? Int32Array.from(examples, (example) => lengths[example] ?? 0) : null,
      y: Int32Array.from(proteins, (protein) => from.folds[protein] ?? 0),
    }
  }
}

/** Those of a file that have at most so many tokens. @throws {InputError} where there is none */
async function keptProteins(file: string, most: number, unpacked: UnpackedFiles): Promise<Proteins> {
  const from = await openProteinFile(file, unpacked)
  const lengthOf = (protein: number): number => (from.starts[protein + 1] ?? 0) - (from.starts[protein] ?? 0)
  const kept = Uint32Array.from({ length: from.size }, (_, i) => i).filter((i) => lengthOf(i) <= most)
  if (kept.length === 0) throw new InputError(`holds no protein of at most ${most} tokens`, { file })
  const lengths = Int32Array.from(kept, lengthOf)
  return { from, kept, lengths, longest: lengths.reduce((a, b) => Math.max(a, b)) }
}
