import { statelessNormal, tf, type Tensor } from '../../src-main/engine'
import type { Network, Parameter } from '../../src-main/models/network'
import type { TaskInput, TaskOutput } from '../../src-main/tasks/task'
import { objectiveOf } from '../../src-main/training/objective'
import type { Problem } from '../../src-main/training/problem'

export interface Toy {
  readonly tokens: number
  readonly width: number
  readonly hidden: number
  readonly output: TaskOutput
}

/**
 * The smallest thing that is a network: x [K, B, T, F] flattened, a hidden layer with dropout, a frozen layer, an output
 * layer. It trains in milliseconds where a transformer takes seconds.
 */
export function toyProblem({ tokens, width, hidden, output }: Toy): Problem {
  const input: TaskInput = { kind: 'vectors', tokens, width }
  const outputs = output.kind === 'bits' ? 2 * output.count : output.count
  const parameters: Parameter[] = [
    { name: 'in.weight', shape: [tokens * width, hidden], part: 'input', layer: null, trained: true },
    { name: 'in.bias', shape: [hidden], part: 'input', layer: null, trained: true },
    { name: 'middle.weight', shape: [hidden, hidden], part: 'feed_forward', layer: 0, trained: false },
    { name: 'out.weight', shape: [hidden, outputs], part: 'output', layer: null, trained: true },
  ]
  const network: Network = {
    parameters,
    inBfloat16: new Set(),
    drawn: new Set(parameters.map(({ name }) => name)),
    readoutOnly: null,
    trainingFlops: 1000,
    forwardFlops: 400,
    forward(weights, x, dropout) {
      const get = (name: string): Tensor => weights.get(name) ?? tf.zeros([1])
      const [runs = 0, batch = 0] = x.shape
      const flat = tf.reshape(x, [runs, batch, tokens * width])
      const bias = tf.reshape(get('in.bias'), [runs, 1, hidden])
      const first = tf.relu(tf.add(tf.matMul(flat, get('in.weight')), bias))
      const dropped = dropout?.apply(first, 0) ?? first
      const frozen = get('middle.weight')
      const middle = tf.tanh(tf.matMul(dropped, frozen.rank === 2 ? tf.expandDims(frozen, 0) : frozen))
      return tf.matMul(middle, get('out.weight'))
    },
    initialise(seeds) {
      const draw = (shape: readonly number[], seed: number, place: number): Tensor =>
        tf.tidy(() => tf.mul(statelessNormal(shape, tf.tensor1d([seed, place], 'int32')), 0.3))
      const initial = parameters.map(({ name, shape, trained }, i): [string, Tensor] => {
        const [first = 0] = seeds
        const shared = !trained && seeds.every((seed) => seed === first)
        return [
          name,
          shared ? draw(shape, first, i) : tf.tidy(() => tf.stack(seeds.map((seed) => draw(shape, seed, i)))),
        ]
      })
      return Promise.resolve(new Map(initial))
    },
  }
  return { input, network, objective: objectiveOf(output) }
}
