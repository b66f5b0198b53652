import { copyFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTask } from '../../src-main/tasks'
import type { Split, Task } from '../../src-main/tasks/task'
import { encodeSafetensors } from '../../src-main/tensor-files/safetensors'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairsweep-tensors-'))
})
afterAll(() => rm(dir, { recursive: true }))

const numpy = (file: string): string => join(import.meta.dirname, 'numpy', file)
const open = (data: string, options: Record<string, string | number | boolean> = {}): Promise<Task> =>
  openTask({ kind: 'tensors', options: { bits: false, ...options }, files: { data } })

/** A safetensors file of arrays: shape and numbers by name, float where a number is broken. */
async function stored(
  arrays: Record<string, { shape: number[]; of: number[]; float?: boolean }>,
): Promise<string> {
  const tensors = Object.entries(arrays).map(([name, { shape, of, float }]) => ({
    name,
    shape,
    data: float === true ? Float32Array.from(of) : Int32Array.from(of),
  }))
  const path = join(dir, `${Object.keys(arrays).join('-')}-${Math.random()}.safetensors`)
  await writeFile(path, Buffer.concat([...encodeSafetensors(tensors)]))
  return path
}
const numbers = (count: number, step = 1): number[] => Array.from({ length: count }, (_, i) => i * step)
const all = (split: Split) => split.batch(numbers(split.size))

/** The first byte of the data of a ZIP archive's first entry. */
const firstOf = (zip: Buffer): number => 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28)
function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(at) ^ 0xff, at)
  return copy
}

/** An array as `numpy.save` writes it. */
function npyBytes(descr: string, shape: number[], data: Float32Array | Int32Array): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`
  const header = `${text.padEnd(117)}\n`
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0])
  return Buffer.concat([start, Buffer.from(header), Buffer.from(data.buffer)])
}

describe('data of the user, from NumPy', () => {
  it('is vectors and classes, plain, compressed, half or double', async () => {
    const plain = await open(numpy('vectors.npz'))
    expect(plain.input).toEqual({ kind: 'vectors', tokens: 3, width: 4, positionsBeyond: 'refused' })
    expect(plain.output).toEqual({ kind: 'classes', count: 3 })
    expect((await open(numpy('vectors.npz'), { positions_beyond: 'drawn' })).input.positionsBeyond).toBe(
      'drawn',
    )
    expect(plain.readTokens).toBe(1)
    const { x, y } = all(plain.train)
    const double = all((await open(numpy('compressed.npz'))).train)
    expect(double.x).toEqual(x)
    expect(double.y).toEqual(y)
    const half = all((await open(numpy('half.npz'))).train)
    half.x.forEach((value, i) => expect(value).toBeCloseTo(x[i] ?? 0, 2))
    // numpy.random.default_rng(0).normal() begins with 0.126.
    const first = [...plain.train.batch(numbers(plain.train.size)).x, ...all(plain.test).x]
    expect(first.some((value) => Math.abs(value - 0.126) < 1e-6)).toBe(true)
  })

  it('is tokens with splits of its own', async () => {
    const { input, train, validation, test } = await open(numpy('words.npz'))
    expect(input).toEqual({ kind: 'tokens', tokens: 5, vocabulary: 12, positionsBeyond: 'refused' })
    expect([train.size, validation?.size, test.size]).toEqual([12, 2, 4])
    expect(train.batch([0, 1]).x).toEqual(test.batch([0, 1]).x)
    expect(validation?.batch([0]).x).toEqual(train.batch([0]).x.map((token) => token + 4))
    expect(train.batch([4]).x).toBeInstanceOf(Int32Array)
  })

  it('is read as batches ask for it, from the archive or from what it unpacks to', async () => {
    const copy = async (name: string): Promise<string> => {
      await copyFile(numpy(name), join(dir, name))
      return join(dir, name)
    }
    const [stored, compressed] = [await copy('vectors.npz'), await copy('compressed.npz')]
    const [read, unpacked] = [await open(stored), await open(compressed)]
    const before = read.train.batch([3])
    await writeFile(stored, 'gone')
    await writeFile(compressed, 'gone')
    expect(unpacked.train.batch([3]).x).toEqual(before.x)
    expect(() => read.train.batch([3])).toThrow('the file changed while it was being read')
  })

  it('is unpacked once where it is large and compressed', async () => {
    const unpackTo = join(dir, 'unpacked')
    const path = join(dir, 'large.npz')
    const values = Float32Array.from(numbers(600_000, 0.25))
    const labels = Int32Array.from(numbers(300).map((i) => i % 3))
    await writeFile(
      path,
      zipSync({
        'train_x.npy': npyBytes('<f4', [300, 100, 20], values),
        'train_y.npy': npyBytes('<i4', [300], labels),
      }),
    )
    const source = { kind: 'tensors', options: { bits: false }, files: { data: path } }
    const first = await openTask(source, unpackTo)
    const again = await openTask(source, unpackTo)
    expect(await readdir(unpackTo)).toHaveLength(1)
    expect(again.notes).toEqual([])
    const [one, other] = [all(first.test), all(again.test)]
    expect(one).toEqual(other)
    const start = (one.x[0] ?? 0) / 0.25
    expect(Array.from(one.x.subarray(0, 2000))).toEqual(Array.from(values.subarray(start, start + 2000)))
    expect(one.y[0]).toBe((start / 2000) % 3)
  })

  it('that is damaged is named with the byte', async () => {
    const whole = await readFile(numpy('vectors.npz'))
    const path = join(dir, 'damaged.npz')
    const refused = async (bytes: Buffer, message: string | RegExp): Promise<void> => {
      await writeFile(path, bytes)
      await expect(open(path)).rejects.toThrow(message)
    }
    // The data of train_x end before train_y's local header.
    const [start, end] = [firstOf(whole), whole.indexOf('PK\x03\x04', 4)]
    await refused(changed(whole, end - 4), `train_x: bytes ${start} to ${end}: do not have the CRC-32`)
    await refused(
      whole.subarray(0, -30),
      `is not a NumPy archive, or not all of its ${whole.length - 30} bytes (`,
    )
    const packed = await readFile(numpy('compressed.npz'))
    await refused(packed.fill(0xff, 120, 160), /train_x: at byte 12\d: broken deflate data \(/)
  })

  it('that is whole and no numbers is named with the byte', async () => {
    const values = numbers(4)
    values[2] = NaN
    const path = await stored({
      train_x: { shape: [4, 1, 1], of: values, float: true },
      train_y: { shape: [4], of: [0, 1, 0, 1] },
    })
    const at = (await readFile(path)).length - 16 - 8
    await expect(open(path)).rejects.toThrow(`train_x: example 2 holds NaN (byte ${at}), expected`)
  })

  it('is refused where its order or type cannot be used', async () => {
    await expect(open(numpy('columns.npz'))).rejects.toThrow('train_x: is stored column by column')
    await expect(open(numpy('names.npz'))).rejects.toThrow(
      /train_x: (holds elements of type|is not an array)/,
    )
    await writeFile(join(dir, 'text.npz'), 'no archive')
    await expect(open(join(dir, 'text.npz'))).rejects.toThrow('is not a NumPy archive')
    await expect(open(join(dir, 'data.csv'))).rejects.toThrow('ends in .safetensors or .npz')
  })
})

describe('data of the user, from safetensors', () => {
  it('without test examples has a tenth set apart, always the same', async () => {
    const file = await stored({
      train_x: { shape: [20, 1, 1], of: numbers(20), float: true },
      train_y: { shape: [20], of: numbers(20).map((i) => i % 2) },
    })
    const [one, two] = [await open(file), await open(file)]
    expect([one.train.size, one.test.size]).toEqual([18, 2])
    expect(all(one.test)).toEqual(all(two.test))
    expect([...all(one.train).x, ...all(one.test).x].sort((a, b) => a - b)).toEqual(numbers(20))
  })

  it('is targets where they are float', async () => {
    const file = await stored({
      train_x: { shape: [4, 2, 1], of: numbers(8), float: true },
      train_y: { shape: [4, 2], of: numbers(8, 0.5), float: true },
      test_x: { shape: [1, 2, 1], of: [7, 8], float: true },
      test_y: { shape: [1, 2], of: [1.5, -2], float: true },
    })
    const task = await open(file)
    expect(task.output).toEqual({ kind: 'values', count: 2 })
    expect(task.train.batch([2]).y).toEqual(Float32Array.of(2, 2.5))
    expect([...task.test.batch([0]).y]).toEqual([1.5, -2])
  })

  it('is bits, in either writing, and rows of several tokens', async () => {
    const file = await stored({
      train_x: { shape: [2, 3, 4], of: numbers(24), float: true },
      train_y: { shape: [2, 4], of: [-1, 1, 1, -1, 0, 1, 0, 1] },
      test_x: { shape: [1, 3, 4], of: numbers(12), float: true },
      test_y: { shape: [1, 4], of: [1, 1, 0, 0] },
    })
    const task = await open(file, { bits: true, token_width: 2 })
    expect(task.input).toEqual({ kind: 'vectors', tokens: 6, width: 2, positionsBeyond: 'refused' })
    expect(task.readTokens).toBe(2)
    expect(task.output).toEqual({ kind: 'bits', count: 4 })
    expect([...task.train.batch([0, 1]).y]).toEqual([0, 1, 1, 0, 0, 1, 0, 1])
    expect([...task.train.batch([1]).x]).toEqual(numbers(24).slice(12))
  })

  const words = {
    train_x: { shape: [3, 4], of: [5, 99, 99, 99, 1, 2, 3, -1, 7, 8, 99, 99] },
    train_y: { shape: [3], of: [0, 1, 1] },
    train_lengths: { shape: [3], of: [1, 3, 2] },
    test_x: { shape: [1, 4], of: [4, 4, 4, 4] },
    test_y: { shape: [1], of: [0] },
    test_lengths: { shape: [1], of: [3] },
  }

  it('of different lengths ends where its lengths say, and is padded to the longest', async () => {
    const { input, train, test } = await open(await stored(words))
    // Neither what the padding holds nor a row that no example has counts.
    expect(input).toMatchObject({ kind: 'tokens', tokens: 3, vocabulary: 9, padded: true })
    expect(input.paddedTo).toBeUndefined()
    const { x, lengths } = train.batch([0, 2, 1])
    expect([...x]).toEqual([5, 0, 0, 7, 8, 0, 1, 2, 3])
    expect([...(lengths ?? [])]).toEqual([1, 2, 3])
    expect(test.batch([0])).toMatchObject({ x: Int32Array.of(4, 4, 4), lengths: Int32Array.of(3) })
  })

  it('of different lengths comes in batches by length, the examples set apart for the test too', async () => {
    const { test_x: _, test_y: __, test_lengths: ___, ...alone } = words
    const { input, train, test } = await open(await stored(alone), { batches: 'by-length' })
    expect(input.paddedTo).toEqual([1, 2, 3].map((tokens) => ({ tokens, share: 1 / 3 })))
    const lengths = [...((await train.lengths?.()) ?? []), ...((await test.lengths?.()) ?? [])]
    expect(lengths.sort()).toEqual([1, 2, 3])
    const shortest = await open(await stored(words), { batches: 'by-length' })
    expect([...shortest.train.batch([0, 2], 2).x]).toEqual([5, 0, 7, 8])
  })

  it('of different lengths counts rows where a row is several tokens', async () => {
    const file = await stored({
      train_x: { shape: [2, 2, 4], of: [...numbers(4), NaN, NaN, NaN, NaN, ...numbers(8)], float: true },
      train_y: { shape: [2], of: [0, 1] },
      train_lengths: { shape: [2], of: [1, 2] },
      test_x: { shape: [1, 2, 4], of: numbers(8), float: true },
      test_y: { shape: [1], of: [0] },
      test_lengths: { shape: [1], of: [1] },
    })
    const { input, readTokens, train } = await open(file, { token_width: 2 })
    expect([input.tokens, readTokens]).toEqual([4, 2])
    const { x, lengths } = train.batch([0])
    expect([[...x], [...(lengths ?? [])]]).toEqual([[0, 1, 2, 3, 0, 0, 0, 0], [2]])
  })

  const good = {
    train_x: { shape: [2, 1, 2], of: [1, 2, 3, 4], float: true },
    train_y: { shape: [2], of: [0, 1] },
  }
  it.each([
    ['no training data', { other: good.train_x }, {}, 'holds other, expected train_x and train_y'],
    ['questions alone', { train_x: good.train_x }, {}, 'holds train_x, but no train_y'],
    [
      'another number of answers',
      { ...good, train_y: { shape: [3], of: [0, 1, 0] } },
      {},
      'train_y: holds 3 answers, train_x has 2',
    ],
    [
      'a number that is none',
      { ...good, train_x: { shape: [2, 1, 2], of: [1, 2, NaN, 4], float: true } },
      {},
      'train_x: example 1 holds NaN',
    ],
    [
      'a matrix of floats',
      { ...good, train_x: { shape: [2, 2], of: [1, 2, 3, 4], float: true } },
      {},
      'train_x: is float [N, 2], expected float [N, T, F]',
    ],
    ['a token width that does not fit', good, { token_width: 3 }, 'expected float [N, R, k · 3]'],
    [
      'a negative class',
      { ...good, train_y: { shape: [2], of: [0, -1] } },
      {},
      'train_y: example 1 holds -1',
    ],
    ['one class', { ...good, train_y: { shape: [2], of: [0, 0] } }, {}, 'train_y: holds one class'],
    [
      'bits that are none',
      { ...good, train_y: { shape: [2, 1], of: [0, 2] } },
      { bits: true },
      'train_y: example 1 holds 2',
    ],
    [
      'classes in a matrix',
      { ...good, train_y: { shape: [2, 1], of: [0, 1] } },
      {},
      'expected whole classes [N]',
    ],
    [
      'a test of another shape',
      { ...good, test_x: { shape: [1, 1, 3], of: [1, 2, 3], float: true }, test_y: { shape: [1], of: [0] } },
      {},
      'test_x: is float [N, 1, 3], train_x is float [N, 1, 2]',
    ],
    [
      'a negative token',
      { train_x: { shape: [2, 1], of: [3, -1] }, train_y: good.train_y },
      {},
      'train_x: example 1 holds token -1',
    ],
    [
      'a length of nothing',
      { ...words, train_lengths: { shape: [3], of: [1, 0, 2] } },
      {},
      /train_lengths: example 1 has length 0 \(byte \d+\), expected 1 to 4, the rows of train_x/,
    ],
    [
      'a length beyond the rows',
      { ...words, test_lengths: { shape: [1], of: [5] } },
      {},
      /test_lengths: example 0 has length 5 .*expected 1 to 4/,
    ],
    [
      'broken lengths',
      { ...words, train_lengths: { ...words.train_lengths, float: true } },
      {},
      'train_lengths: is float [3], expected whole [3]',
    ],
    [
      'fewer lengths than examples',
      { ...words, train_lengths: { shape: [2], of: [1, 1] } },
      {},
      'train_lengths: holds 2 lengths, train_x has 3 examples',
    ],
    [
      'lengths of some splits alone',
      { ...words, val_x: words.test_x, val_y: words.test_y },
      {},
      'holds train_lengths, but no val_lengths',
    ],
    [
      'batches by lengths that are not known',
      { ...good, test_x: good.train_x, test_y: good.train_y },
      { batches: 'by-length' },
      'holds no train_lengths, test_lengths, expected them for batches: by-length',
    ],
  ])('is refused for %s', async (_, arrays, options, message) => {
    await expect(open(await stored(arrays), options)).rejects.toThrow(message)
  })

  it('reads examples from the file as batches ask for them, of every type', async () => {
    const x = numbers(60)
    for (const array of [Float32Array, Float64Array, Int8Array, Uint16Array, BigInt64Array]) {
      const isFloat = array === Float32Array || array === Float64Array
      const data =
        array === BigInt64Array ? BigInt64Array.from(x, BigInt) : new (array as typeof Int8Array)(x)
      const path = join(dir, `${array.name}.safetensors`)
      const shape = isFloat ? [20, 3, 1] : [20, 3]
      const y = { shape: [20], data: Int32Array.from(x.slice(0, 20), (i) => i % 2) }
      const tensors = ['train', 'test'].flatMap((split) => [
        { name: `${split}_x`, shape, data },
        { name: `${split}_y`, ...y },
      ])
      await writeFile(path, Buffer.concat(encodeSafetensors(tensors)))
      const { train } = await open(path)
      expect([...train.batch([19, 0, 7]).x]).toEqual([57, 58, 59, 0, 1, 2, 21, 22, 23])
      await writeFile(path, 'gone')
      expect(() => train.batch([0])).toThrow('the file changed while it was being read')
    }
  })

  it('names the byte of a number that cannot be used', async () => {
    const file = await stored({
      train_x: { shape: [2, 1, 2], of: [1, 2, NaN, 4], float: true },
      train_y: { shape: [2], of: [0, 1] },
    })
    const message = await open(file).catch(String)
    const byte = Number(/example 1 holds NaN \(byte (\d+)\)/.exec(message as string)?.[1])
    expect((await readFile(file)).readFloatLE(byte)).toBeNaN()
  })

  it('refuses an example that is not there', async () => {
    const { train } = await open(await stored({ ...good, test_x: good.train_x, test_y: good.train_y }))
    expect(() => train.batch([2])).toThrow(RangeError)
  })
})
