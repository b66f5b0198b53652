import { Worker } from 'node:worker_threads'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  currentEngine,
  gatherRows,
  l2Loss,
  loadEngine,
  statelessNormal,
  statelessUniform,
  tf,
} from '../../src-main/engine'
import { philoxNormal, philoxUniform } from '../../src-main/engine/philox'

const seed = (a: number, b: number) => tf.tensor1d([a, b], 'int32')

describe('operations on TensorFlow', () => {
  beforeAll(async () => {
    await loadEngine('tensorflow')
  })

  it('run on the TensorFlow that set-up brought', () => {
    expect(currentEngine()).toMatchObject({ name: 'tensorflow', warning: null })
    expect(currentEngine().versions.tensorflow).toMatch(/^2\.21\./)
  })

  it('draw the same numbers for the same seed and others for another seed', () => {
    const draw = (a: number, b: number) => Array.from(statelessUniform([8], seed(a, b)).dataSync())
    expect(draw(3, 4)).toEqual(draw(3, 4))
    expect(draw(3, 4)).not.toEqual(draw(3, 5))
    expect(draw(3, 4)).not.toEqual(draw(4, 4))
  })

  it('draw uniform numbers in [0, 1) and normal numbers of mean 0 and deviation 1', () => {
    const uniform = statelessUniform([100, 1000], seed(1, 2))
    const normal = statelessNormal([100, 1000], seed(1, 2))
    expect(uniform.shape).toEqual([100, 1000])
    expect(tf.min(uniform).dataSync()[0]).toBeGreaterThanOrEqual(0)
    expect(tf.max(uniform).dataSync()[0]).toBeLessThan(1)
    expect(tf.mean(uniform).dataSync()[0]).toBeCloseTo(0.5, 2)
    const { mean, variance } = tf.moments(normal)
    expect(mean.dataSync()[0]).toBeCloseTo(0, 2)
    expect(variance.dataSync()[0]).toBeCloseTo(1, 1)
  })

  it('draw the numbers that the generator in JavaScript draws for other engines', () => {
    for (const [a, b] of [
      [0, 0],
      [42, 7],
      [-5, 2_000_000_000],
      [123456789, -1],
    ] as const) {
      expect(statelessUniform([11], seed(a, b)).dataSync()).toEqual(philoxUniform(11, [a, b]))
      const normal = statelessNormal([11], seed(a, b)).dataSync()
      philoxNormal(11, [a, b]).forEach((value, i) => expect(normal[i]).toBeCloseTo(value, 5))
    }
  })

  it('leave no tensor behind', () => {
    const state = seed(1, 1)
    const before = tf.memory().numTensors
    statelessUniform([4, 4], state).dispose()
    l2Loss(state.toFloat()).dispose()
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(1)
  })

  it('give half the sum of squares as the L2 loss', () => {
    expect(
      l2Loss(
        tf.tensor([
          [1, 2],
          [3, 4],
        ]),
      ).dataSync()[0],
    ).toBe(15)
  })
})

describe('gathered rows', () => {
  it('are those of the table, and leave no tensor behind', () => {
    const table = tf.tensor2d([0, 1, 10, 11, 20, 21], [3, 2])
    const picks = tf.tensor1d([2, 0, 2], 'int32')
    const before = tf.memory().numTensors
    const rows = gatherRows(table, picks)
    expect(tf.memory().numTensors).toBe(before + 1)
    expect(Array.from(rows.dataSync())).toEqual([20, 21, 0, 1, 20, 21])
    tf.dispose([rows, table, picks])
  })

  it('outside of the table are an error, never another row', () => {
    const gather = (): unknown =>
      tf.tidy(() => gatherRows(tf.ones([3, 2]), tf.tensor1d([3], 'int32')).dataSync())
    expect(gather).toThrow(/not in \[0, 3\)/)
  })
})

describe('worker threads', () => {
  it('load the engine four at once, and each computes', async () => {
    const code = `
      const { parentPort } = require('node:worker_threads')
      require('node:util').isNullOrUndefined ??= (value) => value === null || value === undefined
      require('@tensorflow/tfjs-node-gpu')
      const tf = require('@tensorflow/tfjs')
      parentPort.postMessage(tf.matMul(tf.fill([64, 64], 2), tf.fill([64, 64], 3)).dataSync()[0])`
    const results = await Promise.all(
      [1, 2, 3, 4].map(
        () =>
          new Promise((resolve, reject) => {
            const worker = new Worker(code, { eval: true })
            worker.once('message', resolve)
            worker.once('error', reject)
          }),
      ),
    )
    expect(results).toEqual([384, 384, 384, 384])
  })
})
