import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf, type Tensor } from '../../src-main/engine'
import { buildNetwork } from '../../src-main/models/build'
import { openModel } from '../../src-main/models/model'
import { isPerRun, type Network } from '../../src-main/models/network'
import {
  encodeSafetensors,
  openSafetensors,
  type NamedTensor,
  type SafetensorsFile,
} from '../../src-main/tensor-files/safetensors'
import { PARTS } from '../../src-main/run'
import { FROZEN, pretrained, random, read, setting, vectors, words } from './small-networks'

const folder = mkdtempSync(join(tmpdir(), 'first-values-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(async () => {
  await loadEngine()
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

  it('is refused with a name, a shape or a type that the network does not have', async () => {
    const integers = { name: 'ln_f.bias', shape: [8], data: new Int32Array(8) }
    const file = await startFile(bias('out.bias', 5), bias('h.9.ln_1.bias', 8), integers)
    const build = async (): Promise<Network> =>
      buildNetwork(await random('gpt2'), vectors, setting('random', ...FROZEN), file)
    await expect(build()).rejects.toThrow(/out\.bias: found shape \[5\], expected \[4\]/)
    await expect(build()).rejects.toThrow(/ln_f\.bias: found type I32, expected F64/)
    await expect(build()).rejects.toThrow(/h\.9\.ln_1\.bias: the network has no such parameter/)
  })
})
