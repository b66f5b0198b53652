import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf, type Tensor } from '../../src-main/engine'
import { buildNetwork, type NetworkTask } from '../../src-main/models/build'
import { isPerRun, type Network } from '../../src-main/models/network'
import { PARTS } from '../../src-main/run'
import { FROZEN, inputs, KINDS, random, setting, vectors, words } from './small-networks'

beforeAll(async () => {
  await loadEngine()
})

const TOKENS = 5
/** Of three runs' two examples each. */
const LENGTHS = [3, 5, 2, 4, 5, 3]
const RUNS = 3

const padded = (task: NetworkTask): NetworkTask => ({ ...task, input: { ...task.input, padded: true } })
const CASES = KINDS.flatMap((kind) =>
  (
    [
      ['vectors', vectors],
      ['tokens', words],
      ['two vectors read', { ...vectors, readTokens: 2 }],
    ] as const
  ).map(([of, task]) => ({ kind, of, task: padded(task) })),
)

/** Puts other values, of the same kind, behind every example's end. */
function withOtherPadding(x: Tensor): Tensor {
  const values = Array.from(x.dataSync())
  const perToken = values.length / (LENGTHS.length * TOKENS)
  return tf.tensor(
    values.map((value, i) => {
      const token = Math.floor(i / perToken)
      const isReal = token % TOKENS < (LENGTHS[Math.floor(token / TOKENS)] ?? 0)
      return isReal ? value : x.dtype === 'int32' ? 6 - value : 3 - value
    }),
    x.shape,
    x.dtype,
  )
}

/** Logits of all examples, and the gradients of everything that trains. */
function answer(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
  x: Tensor,
  lengths: Tensor | null,
): { readonly logits: Tensor; readonly grads: Tensor[] } {
  const trained = network.parameters.filter((parameter) => parameter.trained).map(({ name }) => name)
  const { grads } = tf.valueAndGrads((...given: Tensor[]) => {
    const all = new Map(weights)
    given.forEach((tensor, i) => all.set(trained[i] ?? '', tensor))
    return tf.sum(tf.square(tf.sub(network.forward(all, x, null, lengths), 1)))
  })(trained.map((name) => weights.get(name) as Tensor))
  return { logits: network.forward(weights, x, null, lengths), grads }
}

const furthest = (a: Tensor | undefined, b: Tensor | undefined): number =>
  a && b ? (tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] ?? NaN) : NaN
const lengthsOf = (lengths: readonly number[], runs: number): Tensor =>
  tf.tensor([...lengths], [runs, lengths.length / runs], 'int32')

describe.each(CASES)('$kind on padded input, $of', ({ kind, task }) => {
  it('is untouched by what stands behind the end of an example, and so are its gradients', async () => {
    const network = buildNetwork(await random(kind), task, setting('random', ...PARTS))
    const weights = await network.initialise([5, 6, 5])
    tf.tidy(() => {
      const x = inputs(task, RUNS)
      const [one, other] = [x, withOtherPadding(x)].map((x) =>
        answer(network, weights, x, lengthsOf(LENGTHS, RUNS)),
      )
      expect(furthest(x, withOtherPadding(x))).toBeGreaterThan(0.5)
      expect(furthest(one?.logits, other?.logits)).toBe(0)
      const trained = network.parameters.filter((parameter) => parameter.trained)
      expect(one?.grads).toHaveLength(trained.length)
      one?.grads.forEach((grad, i) => {
        // A sum over more zeros may be added up in another order.
        expect(furthest(grad, other?.grads[i]), trained[i]?.name).toBeLessThan(1e-6)
      })
      const unmasked = [x, withOtherPadding(x)].map((x) => network.forward(weights, x, null))
      expect(furthest(...(unmasked as [Tensor, Tensor]))).toBeGreaterThan(1e-3)
    })
    tf.dispose([...weights.values()])
  })

  it('answers for each example as for the same one without its padding', async () => {
    const model = await random(kind)
    const network = buildNetwork(model, task, setting('random', ...FROZEN))
    const weights = await network.initialise([4])
    const x = inputs(task, 1)
    for (const [example, length] of [3, 5].entries()) {
      const { padded: _, ...rest } = task.input
      const short = buildNetwork(
        model,
        { ...task, input: { ...rest, tokens: length } },
        setting('random', ...FROZEN),
      )
      tf.tidy(() => {
        const own = tf.gather(x, [example], 1)
        const cut = tf.slice(own, [0, 0, 0], [1, 1, length])
        const logits = network.forward(weights, own, null, lengthsOf([length], 1))
        expect(furthest(logits, short.forward(weights, cut, null))).toBeLessThan(1e-6)
      })
    }
    tf.dispose([x, ...weights.values()])
  })

  it('gives each of three runs the answers and gradients that it gets alone', async () => {
    const network = buildNetwork(await random(kind), task, setting('random', ...PARTS))
    const weights = await network.initialise([5, 6, 5])
    tf.tidy(() => {
      const x = inputs(task, RUNS)
      const together = answer(network, weights, x, lengthsOf(LENGTHS, RUNS))
      for (let run = 0; run < RUNS; run++) {
        const own = new Map(
          network.parameters.map((parameter) => {
            const weight = weights.get(parameter.name) as Tensor
            return [parameter.name, isPerRun(parameter, weight) ? tf.gather(weight, [run]) : weight]
          }),
        )
        const lengths = lengthsOf(LENGTHS.slice(2 * run, 2 * run + 2), 1)
        const alone = answer(network, own, tf.gather(x, [run]), lengths)
        expect(furthest(tf.gather(together.logits, [run]), alone.logits)).toBeLessThan(1e-5)
        together.grads.forEach((grad, i) => {
          expect(furthest(tf.gather(grad, [run]), alone.grads[i])).toBeLessThan(1e-4)
        })
      }
    })
    tf.dispose([...weights.values()])
  })
})

it('a causal trunk needs no mask for what is read at the last real place: its first layers have none', async () => {
  const task: NetworkTask = { ...vectors, readTokens: TOKENS }
  const network = buildNetwork(await random('gpt2'), task, setting('random', ...FROZEN))
  const one = buildNetwork(await random('gpt2'), padded(vectors), setting('random', ...FROZEN))
  const weights = await network.initialise([3])
  tf.tidy(() => {
    const x = inputs(task, 1)
    // All tokens read, nothing masked but what comes later: the answer at the last real place is the same.
    const everywhere = tf.reshape(network.forward(weights, x, null), [2, TOKENS, 4])
    for (const length of [1, 2, 5]) {
      const lengths = lengthsOf([length, length], 1)
      const there = tf.reshape(tf.slice(everywhere, [0, length - 1, 0], [2, 1, 4]), [1, 2, 4])
      expect(furthest(one.forward(weights, x, null, lengths), there)).toBeLessThan(1e-6)
    }
  })
  tf.dispose([...weights.values()])
})
