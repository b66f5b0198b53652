import { beforeAll, describe, expect, it } from 'vitest'
import {
  loadEngine,
  ProgramBuilder,
  statelessUniform,
  tf,
  type Program,
  type Tensor,
  type Tensor1D,
} from '../../../src-main/engine'

/** What goes wrong without a word where a graph meets JavaScript: each here must be right, or an error. */

beforeAll(async () => {
  await loadEngine('tensorflow')
})

const values = (tensor: Tensor | undefined): number[] => Array.from(tensor?.dataSync() ?? [])

/** A program of one variable that a step adds `x` to. */
function adder(size: number): Program {
  const builder = new ProgramBuilder()
  const w = builder.variable('w', [size], 'state')
  builder.entry('add', { x: { shape: [size], dtype: 'float32' } }, ({ x }) => ({
    outputs: { before: w },
    updates: new Map([['w', tf.add(w, x as Tensor)]]),
  }))
  return builder.load()
}

describe('a variable', () => {
  it('never shares the memory of the JavaScript array it was written from', () => {
    const size = 64
    const buffer = new Float32Array(size + 16)
    const program = adder(size)
    // Of sixteen places one after the other one is aligned as TensorFlow wants it, and shared instead of copied.
    for (let start = 0; start < 16; start++) {
      const array = buffer.subarray(start, start + size).fill(start)
      tf.tidy(() => program.write('state', new Map([['w', tf.tensor1d(array)]])))
      array.fill(99)
      const read = program.read('state').get('w')
      expect(new Set(values(read))).toEqual(new Set([start]))
      read?.dispose()
    }
    program.dispose()
  })

  it('keeps every bit of what is written, of -0, NaN, infinities and the smallest numbers', () => {
    const written = Float32Array.of(-0, 0, NaN, Infinity, -Infinity, 1e-45, -1.1e-38, 3.4e38, 1 / 3)
    const program = adder(written.length)
    const given = tf.tensor1d(written)
    program.write('state', new Map([['w', given]]))
    const read = Float32Array.from(values(program.read('state').get('w')))
    expect(new Uint8Array(read.buffer)).toEqual(new Uint8Array(written.buffer))
    program.dispose()
  })

  it('leaves what was read from it as it was, whatever is written or trained later', () => {
    const program = adder(3)
    const x = tf.tensor1d([1, 1, 1])
    program.write('state', new Map([['w', tf.tensor1d([1, 2, 3])]]))
    const first = program.read('state').get('w')
    const { before } = program.run('add', { x })
    program.run('add', { x })
    program.write('state', new Map([['w', tf.tensor1d([7, 7, 7])]]))
    expect(values(first)).toEqual([1, 2, 3])
    expect(values(before)).toEqual([1, 2, 3])
    program.dispose()
  })

  it('can be written from a variable read out of another program, which may then be gone', () => {
    const [one, two] = [adder(3), adder(3)]
    one.write('state', new Map([['w', tf.tensor1d([1, 2, 3])]]))
    const state = one.read('state')
    two.write('state', state)
    one.dispose()
    tf.dispose([...state.values()])
    expect(values(two.read('state').get('w'))).toEqual([1, 2, 3])
    two.dispose()
  })
})

describe('a traced step', () => {
  const trace = (body: (x: Tensor) => Tensor): (() => void) => {
    const builder = new ProgramBuilder()
    return () =>
      builder.entry('step', { x: { shape: [2], dtype: 'float32' } }, ({ x }) => ({
        outputs: { y: body(x as Tensor) },
      }))
  }

  it('takes what it is fed anew at every call', () => {
    const builder = new ProgramBuilder()
    const seed = { shape: [2], dtype: 'int32' } as const
    builder.entry('step', { rate: { shape: [], dtype: 'float32' }, seed }, ({ rate, seed }) => ({
      outputs: { y: tf.mul(statelessUniform([4], seed as Tensor1D), rate as Tensor) },
    }))
    const program = builder.load()
    const y = (rate: number, seed: number): number[] =>
      values(program.run('step', { rate: tf.scalar(rate), seed: tf.tensor1d([seed, 0], 'int32') })['y'])
    expect(y(2, 1)).toEqual(y(1, 1).map((value) => 2 * value))
    expect(y(1, 2)).not.toEqual(y(1, 1))
    program.dispose()
  })

  it.each([
    ['tf.dropout', (x: Tensor) => tf.dropout(x, 0.5)],
    ['tf.randomNormal', (x: Tensor) => tf.add(x, tf.randomNormal([2]))],
    ['tf.randomUniform', (x: Tensor) => tf.add(x, tf.randomUniform([2]))],
    ['Math.random', (x: Tensor) => tf.mul(x, Math.random())],
  ])('that draws random numbers with %s is refused, for they would be the same at every step', (_, body) => {
    expect(trace(body)).toThrow('draws random numbers in JavaScript')
    expect(Math.random()).toBeLessThan(1)
  })

  it('with an operation whose shapes are not known is refused by the name of the operation', () => {
    expect(trace((x) => tf.cumsum(x))).toThrow('no shape rule for the operation Cumsum')
  })

  it('that fails leaves the engine as it was', () => {
    expect(
      trace(() => {
        throw new Error('halfway')
      }),
    ).toThrow('halfway')
    expect(values(tf.add(tf.tensor1d([1]), 1))).toEqual([2])
  })

  it('is not executed: what it would allocate is never allocated', () => {
    // Ten billion numbers.
    const huge = trace((x) =>
      tf.sum(tf.matMul(tf.ones([100_000, 1]), tf.mul(tf.ones([1, 100_000]), x.slice(0, 1)))),
    )
    expect(huge).not.toThrow()
  })
})
