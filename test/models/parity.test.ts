import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf, type Tensor } from '../../src-main/engine'
import { buildNetwork } from '../../src-main/models/build'
import { countParameters } from '../../src-main/models/freeze'
import type { Network } from '../../src-main/models/network'
import { isModelThere, openReference, PARITY_CASES, SETTINGS, type Reference } from '../parity/reference'

beforeAll(async () => {
  await loadEngine()
})

/** The network's first values, with input layer and readout from the reference, for `runs` equal runs. */
async function start(network: Network, reference: Reference, runs: number): Promise<Map<string, Tensor>> {
  const weights = await network.initialise(Array.from({ length: runs }, () => 0))
  for (const name of ['in.weight', 'in.bias', 'out.weight', 'out.bias']) {
    const shape = reference.file.tensors.get(name)?.shape ?? []
    const value = tf.tensor(await reference.values(name), [1, ...shape])
    weights.get(name)?.dispose()
    weights.set(name, tf.tile(value, [runs, ...shape.map(() => 1)]))
  }
  return weights
}

async function firstBatch(reference: Reference, runs: number): Promise<{ x: Tensor; labels: Tensor }> {
  const [, ...shape] = reference.file.tensors.get('x')?.shape ?? []
  const length = shape.reduce((product, size) => product * size, 1)
  const x = tf.tensor((await reference.values('x')).slice(0, length), [1, ...shape])
  const labels = (await reference.labels()).slice(0, reference.examples)
  return {
    x: tf.tile(x, [runs, ...shape.map(() => 1)]),
    labels: tf.oneHot(tf.tensor1d(labels, 'int32'), reference.task.output.count),
  }
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length)
  return Array.from(a).reduce((far, value, i) => Math.max(far, Math.abs(value - (b[i] ?? NaN))), 0)
}

for (const name of PARITY_CASES) {
  if (!isModelThere(name)) process.stdout.write(`SKIPPED: ${name} is not in the cache; run "npm run setup"\n`)

  describe.skipIf(!isModelThere(name))(`${name}, against PyTorch`, () => {
    it.each([1, 2])('gives the same logits from the last %i token(s)', async (readTokens) => {
      const reference = await openReference(name)
      const network = buildNetwork(reference.model, { ...reference.task, readTokens }, SETTINGS.frozen)
      const weights = await start(network, reference, 1)
      const { x } = await firstBatch(reference, 1)
      const logits = tf.tidy(() => network.forward(weights, x, null))
      expect(logits.shape).toEqual([1, reference.examples, readTokens * reference.task.output.count])
      const expected = await reference.values(readTokens === 1 ? 'logits' : 'logits_2')
      expect(furthest(await logits.data(), expected)).toBeLessThan(1e-4)
      tf.disposeVariables()
      tf.dispose([logits, x, ...weights.values()])
    })

    it.each([
      ['frozen', 1],
      ['unfrozen', 1],
      ['frozen', 2],
      ['unfrozen', 2],
    ] as const)('gives the same loss and gradients, %s, in a group of %i', async (setting, runs) => {
      const reference = await openReference(name)
      const network = buildNetwork(reference.model, reference.task, SETTINGS[setting])
      const expectedCount = Number(reference.file.metadata.get(`${setting}.parameters_trained`))
      expect(countParameters(network.parameters).trained).toBe(expectedCount)

      const weights = await start(network, reference, runs)
      const { x, labels } = await firstBatch(reference, runs)
      const trained = network.parameters.filter((parameter) => parameter.trained).map((p) => p.name)
      const { value, grads } = tf.tidy(() => {
        const values = trained.map((name) => weights.get(name) as Tensor)
        const loss = (...given: Tensor[]): Tensor => {
          const all = new Map(weights)
          given.forEach((tensor, i) => all.set(trained[i] ?? '', tensor))
          const logShares = tf.logSoftmax(network.forward(all, x, null))
          return tf.neg(tf.sum(tf.mean(tf.sum(tf.mul(logShares, labels), -1), -1)))
        }
        return tf.valueAndGrads(loss)(values)
      })
      const losses = await reference.values(`${setting}.loss`)
      expect(Math.abs((await value.data())[0] ?? NaN) - runs * (losses[0] ?? NaN)).toBeLessThan(1e-4)

      const norms = await reference.values(`${setting}.grad_norm`)
      for (let run = 0; run < runs; run++) {
        let squares = 0
        for (const [i, parameter] of trained.entries()) {
          const all = await (grads[i] as Tensor).data()
          const own = all.slice((run * all.length) / runs, ((run + 1) * all.length) / runs)
          for (const gradient of own) squares += gradient * gradient
          const stored = `${setting}.grad.${parameter}`
          if (setting === 'unfrozen' && name !== 'minilm-l6')
            expect(furthest(own, await reference.values(stored)), parameter).toBeLessThan(2e-5)
        }
        expect(Math.sqrt(squares) / (norms[0] ?? NaN)).toBeCloseTo(1, 4)
      }
      tf.dispose([value, ...grads, x, labels, ...weights.values()])
    })
  })
}
