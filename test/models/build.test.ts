import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf, type Tensor } from '../../src-main/engine'
import { InputError } from '../../src-main/errors'
import { buildNetwork, type NetworkTask } from '../../src-main/models/build'
import { openModel, type Model } from '../../src-main/models/model'
import { isPerRun, type Dropout, type Network } from '../../src-main/models/network'
import {
  encodeSafetensors,
  openSafetensors,
  type NamedTensor,
  type SafetensorsFile,
} from '../../src-main/models/safetensors'
import { PARTS, type Setting } from '../../src-main/run'

const folder = mkdtempSync(join(tmpdir(), 'build-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(async () => {
  await loadEngine()
})

const KINDS = ['bert', 'gpt2'] as const
const random = (type: string): Promise<Model> =>
  openModel({ source: 'random', type, shape: { layers: 2, width: 8, heads: 2, positions: 6 } })
const pretrained = (type: string): Promise<Model> =>
  openModel({ source: 'directory', path: join(import.meta.dirname, `../parity/tiny-${type}`) })

const vectors: NetworkTask = {
  input: { kind: 'vectors', tokens: 5, width: 3 },
  output: { kind: 'classes', count: 4 },
  readTokens: 1,
}
const words: NetworkTask = { ...vectors, input: { kind: 'tokens', tokens: 5, vocabulary: 7 } }
const setting = (init: Setting['init'], ...train: Setting['train']): Setting => ({
  name: `${init}-s`,
  init,
  train,
})
const FROZEN = ['input', 'output', 'layer_norm', 'positions'] as const

/** x for `runs` runs of 2 examples, every run its own. */
function inputs(task: NetworkTask, runs: number): Tensor {
  const { input } = task
  if (input.kind === 'vectors') {
    const values = Array.from({ length: runs * 2 * input.tokens * input.width }, (_, i) => Math.sin(i * i))
    return tf.tensor(values, [runs, 2, input.tokens, input.width])
  }
  const values = Array.from({ length: runs * 2 * input.tokens }, (_, i) => (i * i) % input.vocabulary)
  return tf.tensor(values, [runs, 2, input.tokens], 'int32')
}

/** One run's row of everything that has a row for each run. */
function ofRun(network: Network, weights: Map<string, Tensor>, run: number): Map<string, Tensor> {
  return new Map(
    network.parameters.map((parameter) => {
      const weight = weights.get(parameter.name) as Tensor
      return [parameter.name, isPerRun(parameter, weight) ? tf.gather(weight, [run]) : weight]
    }),
  )
}

const read = (tensor: Tensor | undefined): number[] => Array.from(tensor?.dataSync() ?? [])

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
    }
    const network = buildNetwork(await random(kind), vectors, setting('random', ...FROZEN))
    const weights = await network.initialise([1, 2])
    tf.tidy(() => network.forward(weights, inputs(vectors, 2), spy))
    const hidden = [2, 2 * 5, 8]
    const last = [2, 2, 8]
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

it('only GPT-2 is blind to what comes later', async () => {
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
      if (kind === 'gpt2') expect(earlier(after)).toEqual(earlier(before))
      else expect(earlier(after)).not.toEqual(earlier(before))
    })
    tf.dispose([...weights.values()])
  }
})

describe('first values', () => {
  it('follow from seed and name alone, whatever group a run is in', async () => {
    const network = buildNetwork(await random('gpt2'), vectors, setting('random', ...FROZEN))
    const [group, alone] = [await network.initialise([4, 9, 4]), await network.initialise([9])]
    for (const parameter of network.parameters) {
      const weight = group.get(parameter.name) as Tensor
      const row = isPerRun(parameter, weight) ? tf.gather(weight, [1]) : weight
      expect(read(row), parameter.name).toEqual(read(alone.get(parameter.name)))
    }
    const rows = tf.unstack(group.get('h.0.attn.c_attn.weight') as Tensor).map(read)
    expect(rows[2]).toEqual(rows[0])
    expect(rows[1]).not.toEqual(rows[0])
  })

  it('of a frozen random trunk are shared by runs of one seed', async () => {
    const network = buildNetwork(await random('gpt2'), vectors, setting('random', ...FROZEN))
    const weights = await network.initialise([3, 3])
    expect(weights.get('h.0.attn.c_attn.weight')?.shape).toEqual([8, 24])
    expect(weights.get('in.weight')?.shape).toEqual([2, 8, 3])
  })

  it("are the architecture's own", async () => {
    const model = await openModel({
      source: 'random',
      type: 'gpt2',
      shape: { layers: 2, width: 64, heads: 2 },
    })
    const weights = await buildNetwork(model, vectors, setting('random', ...PARTS)).initialise([0])
    const spread = (name: string): number => {
      const { variance } = tf.moments(weights.get(name) as Tensor)
      return Math.sqrt(read(variance)[0] ?? NaN)
    }
    expect(spread('h.0.attn.c_attn.weight')).toBeCloseTo(0.02, 3)
    expect(spread('wpe.weight')).toBeCloseTo(0.02, 3)
    expect(spread('h.1.mlp.c_proj.weight')).toBeCloseTo(0.01, 3)
    expect(new Set(read(weights.get('ln_f.weight')))).toEqual(new Set([1]))
    expect(new Set(read(weights.get('h.0.mlp.c_fc.bias')))).toEqual(new Set([0]))
    const out = read(weights.get('out.weight'))
    expect(Math.max(...out.map(Math.abs))).toBeLessThanOrEqual(1 / 8)
    expect(spread('out.weight')).toBeCloseTo(1 / 8 / Math.sqrt(3), 1)
    expect(read(weights.get('out.bias'))).not.toContain(0)
  })

  it.each([
    ['more rows than columns', 3],
    ['more columns than rows', 20],
  ])('of the input layer are orthogonal with gain 1.41: %s', async (_, width) => {
    const task = { ...vectors, input: { kind: 'vectors', tokens: 5, width } } as const
    const weights = await buildNetwork(await random('bert'), task, setting('random', ...FROZEN)).initialise([
      0,
    ])
    const matrix = tf.squeeze(weights.get('in.weight') as Tensor, [0])
    const tall = width <= 8
    const product = tf.matMul(matrix, matrix, tall, !tall)
    const size = Math.min(8, width)
    expect(read(tf.max(tf.abs(tf.sub(product, tf.mul(tf.eye(size), 1.41 ** 2)))))[0]).toBeLessThan(1e-5)
    expect(read(weights.get('in.bias')).every((value) => value === 0)).toBe(true)
  })

  it('of a token table are standard normal, one row a token, without bias', async () => {
    const task = { ...words, input: { kind: 'tokens', tokens: 5, vocabulary: 2000 } } as const
    const network = buildNetwork(await random('bert'), task, setting('random', ...FROZEN))
    const weights = await network.initialise([0])
    const { mean, variance } = tf.moments(weights.get('in.weight') as Tensor)
    expect(read(mean)[0]).toBeCloseTo(0, 1)
    expect(read(variance)[0]).toBeCloseTo(1, 1)
    expect(weights.has('in.bias')).toBe(false)
  })

  it("of 'statistics' keep each pretrained tensor's mean and deviation, not its values", async () => {
    const model = await pretrained('gpt2')
    const weights = await buildNetwork(model, vectors, setting('statistics', ...FROZEN)).initialise([0])
    const name = 'h.0.mlp.c_fc.weight'
    const original = Array.from((await model.files?.read(name)) ?? [])
    const [drawn, held] = [read(weights.get(name)), original].map((values) => {
      const mean = values.reduce((a, b) => a + b) / values.length
      return {
        mean,
        deviation: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length),
      }
    })
    expect(read(weights.get(name))).not.toEqual(original)
    expect(drawn?.mean).toBeCloseTo(held?.mean ?? NaN, 1)
    expect(drawn?.deviation).toBeCloseTo(held?.deviation ?? NaN, 1)
  })
})

describe('start_from', () => {
  async function startFile(...tensors: NamedTensor[]): Promise<SafetensorsFile> {
    const path = join(folder, 'start.safetensors')
    writeFileSync(path, Buffer.concat(encodeSafetensors(tensors)))
    return openSafetensors(path)
  }
  const bias = (name: string, length: number): NamedTensor => ({
    name,
    shape: [length],
    data: Float32Array.from({ length }, (_, i) => i),
  })

  it('gives first values by name, with or without prefix, and leaves the rest as usual', async () => {
    const file = await startFile(bias('out.bias', 4), bias('transformer.ln_f.bias', 8))
    const model = await random('gpt2')
    const plain = await buildNetwork(model, vectors, setting('random', ...FROZEN)).initialise([1, 2])
    const given = await buildNetwork(model, vectors, setting('random', ...FROZEN), file).initialise([1, 2])
    expect(read(given.get('out.bias'))).toEqual([0, 1, 2, 3, 0, 1, 2, 3])
    expect(read(given.get('ln_f.bias'))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7])
    expect(read(given.get('out.weight'))).toEqual(read(plain.get('out.weight')))
  })

  it('is refused with a name or a shape that the network does not have', async () => {
    const file = await startFile(bias('out.bias', 5), bias('h.9.ln_1.bias', 8))
    const build = async (): Promise<Network> =>
      buildNetwork(await random('gpt2'), vectors, setting('random', ...FROZEN), file)
    await expect(build()).rejects.toThrow(/out\.bias: found shape \[5\], expected \[4\]/)
    await expect(build()).rejects.toThrow(/h\.9\.ln_1\.bias: the network has no such parameter/)
  })
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
