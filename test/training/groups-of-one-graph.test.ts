import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { loadEngine, tf } from '../../src-main/engine'
import { buildNetwork } from '../../src-main/models/build'
import { openModel } from '../../src-main/models/model'
import type { Network } from '../../src-main/models/network'
import { PARTS, type RunConfig } from '../../src-main/run'
import { encodeSafetensors, openSafetensors } from '../../src-main/tensor-files/safetensors'
import { writeToDisk } from '../../src-main/tensor-files/on-disk'
import { chooseStepper } from '../../src-main/training/choose-stepper'
import { FusedGroup } from '../../src-main/training/group'
import { objectiveOf } from '../../src-main/training/objective'
import type { Stepper } from '../../src-main/training/stepper'
import { FROZEN, read, setting, vectors } from '../models/small-networks'
import { newFolder, toyConfig } from './toy-job'

/** Groups of a cell follow each other in one graph, which keeps its frozen weights as long as they are the same. */

beforeAll(() => loadEngine('tensorflow'))

/** Opens a group as a worker does, and tells which first values were asked for and what is frozen in the graph. */
async function open(
  network: Network,
  wish: Partial<RunConfig>,
  path: 'graph' | 'xla' = 'graph',
): Promise<{ asked: string | undefined; frozen: Map<string, number[]>; expected: Map<string, number[]> }> {
  const config: RunConfig = { ...toyConfig({ id: 'a' }, {}), ...wish }
  let asked: string | undefined
  const watched: Network = {
    ...network,
    initialise: (seeds, which) => {
      asked = which
      return network.initialise(seeds, which)
    },
  }
  const problem = { input: vectors.input, network: watched, objective: objectiveOf(vectors.output) }
  let stepper: Stepper | undefined
  const members = [1e-3, 1e-4].map((learningRate) => ({ seed: config.seed, learningRate, from: null }))
  const sizes = { trainExamples: 5, scoreExamples: 4 }
  const group = await FusedGroup.create(problem, members, sizes, (shapes) => {
    stepper = chooseStepper(problem, { path }, config, shapes, () => undefined)
    return stepper
  })
  // A group begins without what the optimizer remembers of the one before.
  for (const part of ['exp_avg', 'exp_avg_sq'] as const) {
    const remembered = [...(stepper?.read(part).values() ?? [])]
    expect(remembered.every((tensor) => read(tensor).every((value) => Object.is(value, 0)))).toBe(true)
    tf.dispose(remembered)
  }
  const { tokens, width } = { width: 0, ...vectors.input }
  const x = Float32Array.from({ length: 2 * 5 * tokens * width }, (_, i) => Math.sin(i))
  const batch = { size: 10, x, lengths: null, y: new Int32Array(10) }
  group.step(batch, [1, 1], [true, true])
  const all = await network.initialise([config.seed])
  const frozen = new Map<string, number[]>()
  for (const [name, tensor] of stepper?.read('frozen') ?? []) frozen.set(name, read(tensor))
  const expected = new Map(Array.from(frozen.keys(), (name) => [name, read(all.get(name))]))
  tf.dispose([...all.values()])
  group.dispose()
  return { asked, frozen, expected }
}
const shape = { layers: 1, width: 8, heads: 2, positions: 5 }

it.each(['graph', 'xla'] as const)(
  'a group takes over the frozen weights of the one before, on the path %s, where no seed draws them',
  async (path) => {
    const model = await openModel({
      source: 'directory',
      path: join(import.meta.dirname, '../parity/tiny-gpt2'),
    })
    const network = buildNetwork(model, vectors, setting('pretrained', ...FROZEN))
    const wish = {
      model: { source: 'directory', type: 'gpt2', files: {} } as const,
      setting: setting('pretrained'),
    }
    const first = await open(network, { ...wish, seed: 1 }, path)
    const second = await open(network, { ...wish, seed: 2 }, path)
    expect([first.asked, second.asked]).toEqual(['all', 'trained'])
    expect(second.frozen.size).toBeGreaterThan(10)
    expect(second.frozen).toEqual(second.expected)
  },
)

it('frozen weights that the seed draws are kept for groups of this seed alone', async () => {
  const model = await openModel({ source: 'random', type: 'gpt2', shape })
  const network = buildNetwork(model, vectors, setting('random', ...FROZEN))
  const wish = { setting: setting('random', ...FROZEN) }
  const groups = []
  for (const seed of [1, 1, 2, 1]) groups.push(await open(network, { ...wish, seed }))
  expect(groups.map(({ asked }) => asked)).toEqual(['all', 'trained', 'all', 'all'])
  for (const { frozen, expected } of groups) expect(frozen).toEqual(expected)
})

it('the groups of two cells that take turns keep both graphs, where they are small', async () => {
  const model = await openModel({ source: 'random', type: 'gpt2', shape: { ...shape, width: 16 } })
  const asked = []
  for (const train of [FROZEN, PARTS, FROZEN, PARTS]) {
    const how = setting('random', ...train)
    const { asked: which, frozen, expected } = await open(buildNetwork(model, vectors, how), { setting: how })
    asked.push(which)
    expect(frozen).toEqual(expected)
  }
  expect(asked).toEqual(['all', 'all', 'trained', 'trained'])
})

it('frozen weights that begin elsewhere, by their rule or by a file, are written anew', async () => {
  const path = join(await newFolder(), 'start.safetensors')
  const name = 'h.0.attn.c_attn.bias'
  await writeToDisk(path, encodeSafetensors([{ name, shape: [24], data: new Float32Array(24).fill(0.5) }]))
  const model = await openModel({ source: 'random', type: 'gpt2', shape })
  const plain = setting('random', ...FROZEN)
  const groups = [
    await open(buildNetwork(model, vectors, plain), { setting: plain }),
    await open(buildNetwork(model, vectors, plain, await openSafetensors(path)), {
      setting: plain,
      start_from: 'a hash',
    }),
    await open(buildNetwork(model, vectors, plain), { setting: plain }),
  ]
  expect(groups.map(({ asked }) => asked)).toEqual(['all', 'all', 'all'])
  for (const { frozen, expected } of groups) expect(frozen).toEqual(expected)
  expect(groups.map(({ frozen }) => frozen.get(name)?.[0])).toEqual([0, 0.5, 0])
})
