import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, ProgramBuilder, scan, tf, type Tensor } from '../../../src-main/engine'

beforeAll(async () => {
  await loadEngine('tensorflow')
})

/** A running sum of x * factor that starts from `start`, and what each round found. */
const runningSum = (
  x: Tensor,
  start: Tensor,
  factor: Tensor,
  backwards: boolean,
): { sum: Tensor; found: Tensor } =>
  scan(
    { x },
    { sum: start },
    ({ x }, { sum }) => {
      const next = tf.add(sum, tf.mul(tf.mul(x, factor), tf.scalar(2)))
      return { states: { sum: next }, outputs: { sum: next, found: sum } }
    },
    { backwards },
  )

type Outputs = Readonly<Record<'sum' | 'found' | 'again', Tensor>>

const compiled = (length: number, backwards: boolean, x: Tensor, xla = false): Outputs => {
  const builder = new ProgramBuilder()
  const factor = builder.variable('factor', [2], 'state')
  builder.entry(
    'run',
    { x: { shape: [length, 2], dtype: 'float32' } },
    ({ x }) => {
      // Two loops in one step, one fed by the other.
      const { sum, found } = runningSum(x as Tensor, tf.tensor1d([0.5, 1]), factor, backwards)
      return { outputs: { sum, found, again: runningSum(sum, tf.zeros([2]), factor, false).sum } }
    },
    { xla },
  )
  const program = builder.load()
  program.write('state', new Map([['factor', tf.tensor1d([1, 10])]]))
  const outputs = program.run('run', { x })
  program.dispose()
  return outputs as Outputs
}

describe('a scan', () => {
  const x = (): Tensor => tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2])

  it.each([false, true])('runs over its sequences, compiled or not, backwards: %s', (backwards) => {
    const expected = backwards
      ? { sum: [18.5, 241, 16.5, 201, 10.5, 121], found: [16.5, 201, 10.5, 121, 0.5, 1] }
      : { sum: [2.5, 41, 8.5, 121, 18.5, 241], found: [0.5, 1, 2.5, 41, 8.5, 121] }
    const eager = runningSum(x(), tf.tensor1d([0.5, 1]), tf.tensor1d([1, 10]), backwards)
    for (const outputs of [
      eager as Pick<Outputs, 'sum' | 'found'>,
      compiled(3, backwards, x()),
      compiled(3, backwards, x(), true),
    ]) {
      expect(Array.from(outputs.sum.dataSync())).toEqual(expected.sum)
      expect(Array.from(outputs.found.dataSync())).toEqual(expected.found)
    }
    const [first = 0, second = 0] = expected.sum
    const again = compiled(3, backwards, x()).again.dataSync()
    expect([again[0], again[1]]).toEqual([2 * first, 20 * second])
  })

  it('of thousands of rounds is no larger a graph', () => {
    const { sum } = compiled(5000, false, tf.ones([5000, 2]))
    expect(sum.shape).toEqual([5000, 2])
    expect(Array.from(sum.dataSync().slice(-2))).toEqual([10_000.5, 100_001])
  })

  it('refuses a state that changes its shape, and a scan in a round', () => {
    const builder = new ProgramBuilder()
    const trace = (body: (x: Tensor) => Tensor) => () =>
      builder.entry('bad', { x: { shape: [3, 2], dtype: 'float32' } }, ({ x }) => ({
        outputs: { y: body(x as Tensor) },
      }))
    const grows = (x: Tensor): Tensor =>
      scan({ x }, { all: tf.zeros([2]) }, ({ x }, { all }) => {
        return { states: { all: tf.concat([all, x]) }, outputs: { x } }
      }).x
    expect(trace(grows)).toThrow('the state all of shape [2] became one of [4]')
    const nested = (x: Tensor): Tensor =>
      scan({ x }, { zero: tf.zeros([2]) }, ({ x }, states) => ({
        states,
        outputs: { sum: runningSum(tf.expandDims(x, 0), tf.zeros([2]), tf.zeros([2]), false).sum },
      })).sum
    expect(trace(nested)).toThrow('a loop within a loop cannot be compiled')
  })
})
