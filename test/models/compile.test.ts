import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, ProgramBuilder, tf, type Tensor } from '../../src-main/engine'
import { buildNetwork } from '../../src-main/models/build'
import type { Dropout } from '../../src-main/models/network'
import { seededDropout } from '../../src-main/training/dropout'
import { PARTS } from '../../src-main/run'
import type { TaskInput } from '../../src-main/tasks/task'
import { KINDS, random } from './small-networks'

beforeAll(async () => {
  await loadEngine('tensorflow')
})

const INPUTS: Readonly<Record<string, TaskInput>> = {
  vectors: { kind: 'vectors', tokens: 5, width: 3 },
  tokens: { kind: 'tokens', tokens: 5, vocabulary: 7 },
}
const RUNS = 2

describe.each(KINDS)('a network on %s', (type) => {
  it.each(['vectors', 'tokens'])(
    'fed with %s compiles into one graph with the same loss and gradients, dropout included',
    async (kind) => {
      const input = INPUTS[kind] as TaskInput
      const model = await random(type)
      const task = { input, output: { kind: 'classes', count: 4 }, readTokens: 1 } as const
      const network = buildNetwork(model, task, { name: 's', init: 'random', train: PARTS })
      const weights = await network.initialise([1, 2])
      const names = [...weights.keys()]

      /** [loss, …gradients] */
      const step = (weights: ReadonlyMap<string, Tensor>, x: Tensor, dropout: Dropout): Tensor[] => {
        const { value, grads } = tf.valueAndGrads((...given: Tensor[]) => {
          const all = new Map(names.map((name, i) => [name, given[i] as Tensor]))
          return tf.sum(tf.square(tf.sub(network.forward(all, x, dropout), 1)))
        })(names.map((name) => weights.get(name) as Tensor))
        return [value, ...grads]
      }
      const dropout = (): Dropout =>
        seededDropout(0.3, tf.tensor1d([1, 2], 'int32'), tf.tensor1d([7, 8], 'int32'))

      const builder = new ProgramBuilder()
      const variables = new Map(
        names.map((name) => [name, builder.variable(name, (weights.get(name) as Tensor).shape, 'all')]),
      )
      const length = [RUNS, 3, input.tokens]
      const feed =
        input.kind === 'vectors'
          ? ({ shape: [...length, input.width], dtype: 'float32' } as const)
          : ({ shape: length, dtype: 'int32' } as const)
      builder.entry('step', { x: feed }, ({ x }) => {
        const outputs = step(variables, x as Tensor, dropout())
        return { outputs: Object.fromEntries(outputs.map((tensor, i) => [`o${i}`, tensor])) }
      })
      const program = builder.load()
      program.write('all', weights)

      const size = feed.shape.reduce((product: number, extent: number) => product * extent, 1)
      const values = Array.from({ length: size }, (_, i) => (input.kind === 'vectors' ? Math.sin(i) : i % 7))
      const x = tf.tensor(values, [...feed.shape], feed.dtype)
      const compiled = program.run('step', { x })
      const eager = tf.tidy(() => step(weights, x, dropout()))
      eager.forEach((tensor, i) => {
        const distance = tf.tidy(() => tf.max(tf.abs(tf.sub(tensor, compiled[`o${i}`] as Tensor))))
        expect(distance.dataSync()[0], names[i - 1] ?? 'loss').toBeLessThan(1e-4)
        distance.dispose()
      })
      program.dispose()
      tf.dispose([x, ...eager, ...Object.values(compiled), ...weights.values()])
    },
  )
})
