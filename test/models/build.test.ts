import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf, type Tensor } from '../../src-main/engine'
import { InputError } from '../../src-main/errors'
import { buildNetwork, type NetworkTask } from '../../src-main/models/build'
import { isPerRun, type Dropout, type Network } from '../../src-main/models/network'
import { PARTS, type Setting } from '../../src-main/run'
import { readArchitecture } from '../../src-main/models/architecture'
import { seededDropout } from '../../src-main/training/dropout'
import {
  FROZEN,
  inputs,
  isRecurrent,
  KINDS,
  pretrained,
  random,
  read,
  setting,
  vectors,
  words,
} from './small-networks'

beforeAll(async () => {
  await loadEngine()
})

/** One run's row of everything that has a row for each run. */
function ofRun(network: Network, weights: Map<string, Tensor>, run: number): Map<string, Tensor> {
  return new Map(
    network.parameters.map((parameter) => {
      const weight = weights.get(parameter.name) as Tensor
      return [parameter.name, isPerRun(parameter, weight) ? tf.gather(weight, [run]) : weight]
    }),
  )
}

describe.each(KINDS)('a network on %s', (kind) => {
  it.each([
    ['vectors', vectors, setting('random', ...PARTS)],
    ['vectors, frozen', vectors, setting('random', ...FROZEN)],
    ['tokens', words, setting('random', ...PARTS)],
    ['tokens, only the readout trained', words, setting('random', 'output')],
    ['two tokens read', { ...vectors, readTokens: 2 }, setting('random', ...FROZEN)],
    ['all tokens read', { ...words, readTokens: 5 }, setting('random', ...PARTS)],
  ] as const)(
    'gives each of three runs the answers and gradients it gets alone: %s',
    async (_, task, setting) => {
      const network = buildNetwork(await random(kind), task, setting)
      const weights = await network.initialise([5, 6, 5])
      const x = inputs(task, 3)
      const trained = network.parameters.filter((parameter) => parameter.trained).map(({ name }) => name)
      const answer = (weights: Map<string, Tensor>, x: Tensor): { logits: Tensor; grads: Tensor[] } => {
        const values = trained.map((name) => weights.get(name) as Tensor)
        const { value, grads } = tf.valueAndGrads((...given: Tensor[]) => {
          const all = new Map(weights)
          given.forEach((tensor, i) => all.set(trained[i] ?? '', tensor))
          return tf.sum(tf.square(tf.sub(network.forward(all, x, null), 1)))
        })(values)
        value.dispose()
        return { logits: network.forward(weights, x, null), grads: grads }
      }
      tf.tidy(() => {
        const together = answer(weights, x)
        expect(together.logits.shape).toEqual([3, 2, task.readTokens * 4])
        for (let run = 0; run < 3; run++) {
          const alone = answer(ofRun(network, weights, run), tf.gather(x, [run]))
          const close = (a: Tensor, b: Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] ?? NaN
          expect(close(tf.gather(together.logits, [run]), alone.logits)).toBeLessThan(1e-5)
          together.grads.forEach((grad, i) => {
            expect(close(tf.gather(grad, [run]), alone.grads[i] as Tensor), trained[i]).toBeLessThan(1e-4)
          })
        }
      })
      tf.dispose([x, ...weights.values()])
    },
  )

  it('leaves no tensor behind', async () => {
    const network = buildNetwork(await pretrained(kind), vectors, setting('statistics', ...FROZEN))
    const before = tf.memory().numTensors
    const weights = await network.initialise([1, 2])
    expect(tf.memory().numTensors).toBe(before + network.parameters.length)
    tf.tidy(() => network.forward(weights, inputs(vectors, 2), null)).dispose()
    expect(tf.memory().numTensors).toBe(before + network.parameters.length)
    tf.dispose([...weights.values()])
    expect(tf.memory().numTensors).toBe(before)
  })

  it('drops at every place of the original, each with its own number, in shapes that begin with the runs', async () => {
    const seen: { site: number; shape: number[] }[] = []
    const spy: Dropout = {
      apply: (x, site) => {
        seen.push({ site, shape: x.shape })
        return x
      },
      normal: (shape) => tf.zeros([...shape]),
    }
    const network = buildNetwork(await random(kind), vectors, setting('random', ...FROZEN))
    const weights = await network.initialise([1, 2])
    tf.tidy(() => network.forward(weights, inputs(vectors, 2), spy))
    const hidden = [2, 2 * 5, 8]
    const last = [2, 2, 8]
    // PyTorch's LSTM drops between its layers, FPT's what each layer carries on.
    const recurrent = { lstm: [0, 1], fpt_lnlstm: [0, 1, 2] }
    if (isRecurrent(kind)) {
      const sites = recurrent[kind as keyof typeof recurrent]
      expect(seen).toEqual(sites.map((site) => ({ site, shape: hidden })))
    } else
      expect(seen).toEqual([
        { site: 0, shape: hidden }, // input layer
        { site: 1, shape: hidden }, // embedding
        { site: 2, shape: [2, 2 * 2 * 5, 5] }, // attention shares
        { site: 3, shape: hidden }, // after attention
        { site: 4, shape: hidden }, // after the feed-forward layer
        { site: 5, shape: [2, 2 * 2, 5] }, // the last layer: only the token that is read
        { site: 6, shape: last },
        { site: 7, shape: last },
      ])
    const ofTokens = buildNetwork(await random(kind), words, setting('random', ...FROZEN))
    const table = await ofTokens.initialise([1])
    seen.length = 0
    tf.tidy(() => ofTokens.forward(table, inputs(words, 1), spy))
    expect(seen[0]?.site).toBe(1)
    tf.dispose([...weights.values(), ...table.values()])
  })
})

it('only GPT-2 and the recurrent trunks are blind to what comes later', async () => {
  for (const kind of KINDS) {
    const network = buildNetwork(
      await random(kind),
      { ...vectors, readTokens: 5 },
      setting('random', ...FROZEN),
    )
    const weights = await network.initialise([0])
    tf.tidy(() => {
      const x = inputs(vectors, 1)
      const lastChanged = tf.concat([tf.slice(x, [0, 0, 0, 0], [1, 2, 4, 3]), tf.ones([1, 2, 1, 3])], 2)
      const [before, after] = [x, lastChanged].map((x) =>
        tf.reshape(network.forward(weights, x, null), [2, 5, 4]),
      )
      const earlier = (logits: Tensor | undefined): number[] =>
        read(tf.slice(logits as Tensor, [0, 0, 0], [-1, 4, -1]))
      if (kind === 'gpt2' || isRecurrent(kind)) expect(earlier(after)).toEqual(earlier(before))
      else expect(earlier(after)).not.toEqual(earlier(before))
    })
    tf.dispose([...weights.values()])
  }
})

describe('a network is refused when', () => {
  it.each<[string, NetworkTask, Setting, RegExp]>([
    [
      'the sequence is longer than the position table',
      { ...vectors, input: { kind: 'vectors', tokens: 7, width: 3 } },
      setting('random', ...FROZEN),
      /sequences of 7 tokens, but the gpt2 trunk has 6 positions/,
    ],
    [
      'more tokens are read than there are',
      { ...vectors, readTokens: 6 },
      setting('random', ...FROZEN),
      /6 tokens are to be read of 5/,
    ],
    [
      'the bits cannot be shared out',
      { ...vectors, output: { kind: 'bits', count: 5 }, readTokens: 2 },
      setting('random', ...FROZEN),
      /5 bits cannot be shared out evenly over 2 tokens/,
    ],
    [
      'it should be pretrained and there is nothing to read',
      vectors,
      setting('pretrained', ...FROZEN),
      /settings\.pretrained-s: needs pretrained weights/,
    ],
    [
      'it should have statistics of nothing',
      vectors,
      setting('statistics', ...FROZEN),
      /needs pretrained weights/,
    ],
  ])('%s', async (_, task, setting, message) => {
    const model = await random('gpt2')
    expect(() => buildNetwork(model, task, setting)).toThrow(InputError)
    expect(() => buildNetwork(model, task, setting)).toThrow(message)
  })
})

it('bits get two logits each over the tokens read, values one', async () => {
  const model = await random('gpt2')
  const shapeOf = async (output: NetworkTask['output'], readTokens: number): Promise<number[]> => {
    const network = buildNetwork(model, { ...vectors, output, readTokens }, setting('random', ...FROZEN))
    const weights = await network.initialise([0])
    return tf.tidy(() => network.forward(weights, inputs(vectors, 1), null)).shape
  }
  expect(await shapeOf({ kind: 'bits', count: 6 }, 2)).toEqual([1, 2, 12])
  expect(await shapeOf({ kind: 'values', count: 6 }, 3)).toEqual([1, 2, 6])
})

describe('an LSTM whose states start at random', () => {
  const start = {
    model_type: 'fpt_lnlstm',
    input_size: 12,
    hidden_size: 16,
    num_layers: 2,
    initial_state: 'random',
  }
  const logits = (
    weights: Map<string, Tensor>,
    network: Network,
    runs: number,
    dropout: Dropout | null,
  ): Tensor => network.forward(weights, tf.ones([runs, 2, 5, 3]), dropout)
  const at = (seeds: number[], step: number): Dropout =>
    seededDropout(
      0,
      tf.tensor1d(seeds, 'int32'),
      tf.tensor1d(
        seeds.map(() => step),
        'int32',
      ),
    )

  it('draws them from seed and step in training, and always the same in an evaluation', async () => {
    const { family, blueprint } = readArchitecture(JSON.stringify(start), 'config.json')
    const trunk = blueprint.build(2)
    const model = { architecture: trunk.architecture, trunk, family, files: null, isCut: false }
    const network = buildNetwork(model, vectors, setting('random', ...FROZEN))
    const weights = await network.initialise([3, 3])
    tf.tidy(() => {
      const rows = (tensor: Tensor): number[][] =>
        (tf.reshape(tensor, [-1, 4]).arraySync() as number[][]).map((row) =>
          row.map((value) => Math.round(value * 1e5)),
        )
      const [a, b, c, d] = rows(logits(weights, network, 2, at([7, 8], 1)))
      // Two equal runs and examples: each draws its own.
      expect(new Set([a, b, c, d].map(String)).size).toBe(4)
      const again = rows(logits(weights, network, 2, at([8, 7], 1)))
      expect(again).toEqual([c, d, a, b])
      expect(rows(logits(weights, network, 2, at([7, 8], 2)))[0]).not.toEqual(a)
      const [first, ...others] = rows(logits(weights, network, 2, null))
      for (const other of others) expect(other).toEqual(first)
      const zeros = readArchitecture(JSON.stringify({ ...start, initial_state: 'zeros' }), 'config.json')
      const fromZeros = buildNetwork(
        { ...model, trunk: zeros.blueprint.build(2) },
        vectors,
        setting('random', ...FROZEN),
      )
      expect(rows(logits(weights, fromZeros, 2, null))[0]).not.toEqual(first)
    })
    tf.dispose([...weights.values()])
  })
})
