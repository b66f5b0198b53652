import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadEngine } from '../../src-main/engine'
import { buildNetwork, type NetworkTask } from '../../src-main/models/build'
import type { RunConfig, Setting } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import type { Splits } from '../../src-main/tasks/split'
import type { Split, Task } from '../../src-main/tasks/task'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { FeatureShelf } from '../../src-main/training/feature-shelf'
import { withFeatures, type Prepared } from '../../src-main/training/features'
import { FusedGroup } from '../../src-main/training/group'
import { objectiveOf } from '../../src-main/training/objective'
import { batchOrders, type BatchOrder } from '../../src-main/training/order'
import { FROZEN, pretrained, setting } from '../models/small-networks'
import { evaluateAll } from './evaluate-all'
import { wordsTask } from './words-by-length'

beforeAll(async () => {
  await loadEngine('tensorflow')
})

let folder = ''
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'fairsweep-features-'))))
afterEach(() => rm(folder, { recursive: true }))

const task: NetworkTask = {
  input: { kind: 'vectors', tokens: 6, width: 5 },
  output: { kind: 'classes', count: 3 },
  readTokens: 1,
}
const OUTPUT_ONLY = setting('random', 'output')

/** `asked` counts the examples that were gathered. */
function splitOf(size: number, phase: number): Split & { asked: number } {
  const split = {
    size,
    asked: 0,
    batch(indices: ArrayLike<number>) {
      const list = Array.from(indices)
      split.asked += list.length
      return {
        size: list.length,
        x: Float32Array.from(
          list.flatMap((i) => Array.from({ length: 30 }, (_, j) => Math.sin(phase + i * 7 + j * j))),
        ),
        y: Int32Array.from(list, (i) => (i + phase) % 3),
        lengths: null,
      }
    },
  }
  return split
}

const splitsOf = (): Splits => ({ train: splitOf(20, 0), validation: splitOf(9, 1), test: splitOf(7, 2) })

function configOf(changes: Partial<RunConfig['training']> = {}, seed = 1): RunConfig {
  return {
    task: { kind: 'tensors', options: {}, data: { x: 'hash' } },
    model: { source: 'directory', type: 'bert', files: {} },
    setting: OUTPUT_ONLY,
    learning_rate: 1e-2,
    seed,
    training: { ...DEFAULTS.training, batch_size: 4, max_steps: 30, dropout: 0, ...changes },
    validation: DEFAULTS.validation,
    test: DEFAULTS.test,
    start_from: null,
    precision: 'float32',
  }
}

async function prepare(
  config: RunConfig,
  {
    splits = splitsOf(),
    trained = OUTPUT_ONLY,
    of = task,
  }: { splits?: Splits; trained?: Setting; of?: NetworkTask } = {},
): Promise<Prepared & { plain: Prepared; said: string[] }> {
  const network = buildNetwork(await pretrained('bert'), of, trained)
  const problem = { input: of.input, network, objective: objectiveOf(of.output) }
  const said: string[] = []
  const found = await withFeatures(problem, splits, {
    config,
    task: { augment: undefined } as unknown as Task,
    shelf: new FeatureShelf(folder),
    say: (level, message) => said.push(`${level}: ${message}`),
    interrupted: () => false,
  })
  return { ...found, plain: { problem, splits }, said }
}

/** Losses and gradient norms of a group of two rates over the steps, then its scores on validation. */
async function train(
  { problem, splits }: Prepared,
  config: RunConfig,
  order?: BatchOrder,
): Promise<number[]> {
  const members = [1e-2, 1e-3].map((learningRate) => ({ seed: config.seed, learningRate, from: null }))
  const sizes = { trainExamples: 4, scoreExamples: 5 }
  const group = await FusedGroup.create(
    problem,
    members,
    sizes,
    (shapes) => new CompiledStepper(problem, config.training, shapes, { xla: false }),
  )
  const found: number[] = []
  for (let step = 1; step <= 10; step++) {
    const own = Uint32Array.from({ length: 4 }, (_, i) => (step * 3 + i) % splits.train.size)
    order?.fill(step, own)
    const batch = splits.train.batch([...own, ...own], order?.tokensAt(step))
    const scores = group.step(batch, [step, step], [true, true])
    found.push(...scores.flatMap(({ loss, gradNorm }) => [loss, gradNorm]))
  }
  const scores = splits.validation === null ? [] : await evaluateAll(group, splits.validation)
  found.push(...scores.flatMap(({ loss, accuracy }) => [loss, accuracy ?? NaN]))
  group.dispose()
  return found
}

const furthest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? NaN))))

describe('features of a trunk that nothing trains', () => {
  it('give the same losses, norms and scores as the whole network, without dropout', async () => {
    const config = configOf()
    const found = await prepare(config)
    expect(found.problem.input).toEqual({ kind: 'vectors', tokens: 1, width: expect.any(Number) as number })
    expect(furthest(await train(found, config), await train(found.plain, config))).toBeLessThan(1e-5)
  })

  it('are read by evaluations alone where dropout would change them at every step', async () => {
    const config = configOf({ dropout: 0.1 })
    const found = await prepare(config)
    expect(found.problem.input).toEqual(task.input)
    expect(found.splits.train).toBe(found.plain.splits.train)
    expect(found.problem.evaluated?.input).toMatchObject({ tokens: 1 })
    expect(furthest(await train(found, config), await train(found.plain, config))).toBeLessThan(1e-5)
  })

  it('give them too where batches are made by length, which are then of the same examples', async () => {
    const config = configOf()
    const words = await wordsTask('by-length')
    const { train: examples, validation, test } = words
    const splits: Splits = { train: examples, validation, test }
    const found = await prepare(config, { splits, of: words })
    const orderOf = async ({ splits }: Prepared) => (await batchOrders(words.input, splits.train))(config)
    const [order, plainOrder] = [await orderOf(found), await orderOf(found.plain)]
    expect(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((step) => plainOrder.tokensAt(step)))).toEqual(
      new Set([3, 6]),
    )
    const whole = await train(found.plain, config, plainOrder)
    expect(furthest(await train(found, config, order), whole)).toBeLessThan(1e-5)
    // What is read from disk the next time is the same.
    const again = await prepare(config, { splits, of: words })
    expect(again.said).toEqual([])
    expect(furthest(await train(again, config, order), whole)).toBeLessThan(1e-5)
  })

  it('are computed once for all runs of a seed, and anew for another', async () => {
    expect((await prepare(configOf())).said).toHaveLength(3)
    const again = splitsOf()
    const other = { ...configOf({ grad_clip: 0.5 }), learning_rate: 1e-4 }
    expect((await prepare(other, { splits: again })).said).toEqual([])
    expect((again.train as Split & { asked: number }).asked).toBe(0)
    expect((await prepare(configOf({}, 2))).said).toHaveLength(3)
    expect(await readdir(folder)).toHaveLength(6)
  })

  it('that were damaged on disk are computed anew, and said to be', async () => {
    const config = configOf()
    const first = await train(await prepare(config), config)
    for (const name of await readdir(folder)) await appendFile(join(folder, name), 'x')
    const mended = await prepare(config)
    expect(mended.said.filter((line) => line.startsWith('warning'))).toHaveLength(3)
    expect(await train(mended, config)).toEqual(first)
    expect((await prepare(config)).said).toEqual([])
  })

  it('are left alone where something before the readout trains, or where a run sees too little to pay for them', async () => {
    const frozen = setting('random', ...FROZEN)
    const whole = await prepare(configOf(), { trained: frozen })
    expect(whole.problem).toBe(whole.plain.problem)
    const short = await prepare(configOf({ max_steps: 4 }))
    expect(short.problem.input).toEqual(task.input)
    expect(short.problem.evaluated).toBeDefined()
  })
})

describe('the shelf of features', () => {
  const table = (fill: number) => ({ examples: 10, width: 10, values: new Float32Array(100).fill(fill) })
  const key = (name: string): string => name.repeat(64)

  it('makes room by removing what was unused for longest, and keeps nothing larger than itself', async () => {
    const shelf = new FeatureShelf(folder, 1200)
    const ignore = (): void => undefined
    await shelf.write(key('a'), table(1))
    await shelf.write(key('b'), table(2))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await shelf.read(key('a'), ignore))?.values[0]).toBe(1)
    await shelf.write(key('c'), table(3))
    expect(await shelf.read(key('b'), ignore)).toBeNull()
    expect((await shelf.read(key('a'), ignore))?.values[99]).toBe(1)
    await new FeatureShelf(folder, 100).write(key('d'), table(4))
    expect(await shelf.read(key('d'), ignore)).toBeNull()
  })
})
