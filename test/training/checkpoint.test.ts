import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Parameter } from '../../src-main/models/network'
import type { TrainingOptions } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import { openSafetensors } from '../../src-main/tensor-files/safetensors'
import { CheckpointFolder, type Checkpoint } from '../../src-main/training/checkpoint'
import { newFolder } from './toy-job'

const parameters: Parameter[] = [
  { name: 'in.weight', shape: [3, 2], part: 'input', layer: null, trained: true },
  { name: 'middle.weight', shape: [5], part: 'feed_forward', layer: 0, trained: false },
  { name: 'out.bias', shape: [2], part: 'output', layer: null, trained: true },
]

/** A checkpoint whose every value follows from its step. */
function checkpoint(step: number): Checkpoint {
  const values = (salt: number): Map<string, Float32Array> =>
    new Map([
      ['in.weight', Float32Array.from({ length: 6 }, (_, i) => Math.sin(step + salt + i))],
      ['out.bias', Float32Array.from([-0, 1e-42 * step])],
    ])
  return {
    step,
    best: { best: { step: 5, loss: 1 / 3, accuracy: 0.1 + 0.2 }, evaluatedStep: 10, stale: 1 },
    tensors: { weights: values(0), exp_avg: values(10), exp_avg_sq: values(20) },
    bestWeights: values(30),
  }
}

let path = ''
let folder: CheckpointFolder
const warnings: string[] = []
const newest = (): Promise<Checkpoint | null> => folder.newest((message) => warnings.push(message))
const save = async (step: number): Promise<void> => (await folder.write(checkpoint(step))).publish()

beforeEach(async () => {
  path = await newFolder()
  folder = new CheckpointFolder(path, 'run1', parameters, DEFAULTS.training)
  warnings.length = 0
  expect(await newest()).toBe(null)
})

describe('CheckpointFolder', () => {
  it('gives back the newest checkpoint bit for bit', async () => {
    await save(9)
    await save(10)
    expect(await newest()).toEqual(checkpoint(10))
    expect(Object.is((await newest())?.tensors.weights.get('out.bias')?.[0], -0)).toBe(true)
    expect(warnings).toEqual([])
  })

  it.each<[Partial<TrainingOptions>, string[]]>([
    [{}, ['adam/exp_avg/', 'adam/exp_avg_sq/']],
    [{ optimizer: 'adamw' }, ['adamw/exp_avg/', 'adamw/exp_avg_sq/']],
    [{ optimizer: 'sgd', momentum: 0.9 }, ['sgd/momentum_buffer/']],
    [{ optimizer: 'sgd' }, []],
  ])('names what the optimizer of %o remembers as PyTorch does', async (options, prefixes) => {
    const training = { ...DEFAULTS.training, ...options }
    const own = new CheckpointFolder(path, 'run1', parameters, training)
    const { exp_avg, exp_avg_sq, ...rest } = checkpoint(10).tensors
    const kept = training.optimizer === 'sgd' ? { momentum_buffer: exp_avg } : { exp_avg, exp_avg_sq }
    const tensors = { ...rest, ...(prefixes.length > 0 && kept) } as Checkpoint['tensors']
    await (await own.write({ ...checkpoint(10), tensors })).publish()
    const [name = ''] = await readdir(path)
    const written = [...(await openSafetensors(join(path, name))).tensors.keys()]
    const expected = ['', ...prefixes, 'best/'].flatMap((prefix) => [
      `${prefix}in.weight`,
      `${prefix}out.bias`,
    ])
    expect(written.sort()).toEqual(expected.sort())
    expect((await own.newest(() => undefined))?.tensors).toEqual(tensors)
  })

  it('asks for each value when its turn comes, and writes the same file', async () => {
    const { tensors, bestWeights, ...rest } = checkpoint(10)
    const asked: string[] = []
    const readings = (part: string, values: ReadonlyMap<string, Float32Array> | null | undefined) =>
      new Map(
        Array.from(values ?? [], ([name, value]) => [name, () => (asked.push(`${part} ${name}`), value)]),
      )
    const parts = {
      weights: readings('weights', tensors.weights),
      exp_avg: readings('exp_avg', tensors.exp_avg),
      exp_avg_sq: readings('exp_avg_sq', tensors.exp_avg_sq),
    }
    const written = await folder.write({
      ...rest,
      tensors: parts,
      bestWeights: readings('best', bestWeights),
    })
    await written.publish()
    expect(new Set(asked).size).toBe(8)
    expect(asked).toHaveLength(8)
    expect(await newest()).toEqual(checkpoint(10))
    const [name] = await readdir(path)
    const other = await newFolder()
    await (
      await new CheckpointFolder(other, 'run1', parameters, DEFAULTS.training).write(checkpoint(10))
    ).publish()
    expect(await readdir(other)).toEqual([name])
  })

  it('knows a run that was not evaluated yet', async () => {
    const early = { ...checkpoint(3), best: { best: null, evaluatedStep: 0, stale: 0 }, bestWeights: null }
    await (await folder.write(early)).publish()
    expect(await newest()).toEqual(early)
  })

  it('does not resume from what was not published, and clears it away later', async () => {
    await save(10)
    await folder.write(checkpoint(20))
    expect((await newest())?.step).toBe(10)
    await save(30)
    expect(await readdir(path)).toHaveLength(2)
  })

  it('keeps two', async () => {
    for (const step of [1, 2, 30, 400]) await save(step)
    expect((await readdir(path)).sort().map((name) => name.slice(0, 14))).toEqual([
      'step-000000030',
      'step-000000400',
    ])
  })

  it('passes over a newest one that is cut short or changed anywhere, and says so', async () => {
    await save(10)
    await save(20)
    const [, name = ''] = (await readdir(path)).sort()
    const whole = await readFile(join(path, name))
    const damaged = [
      ...Array.from({ length: 20 }, (_, i) => whole.subarray(0, Math.floor((i * whole.length) / 20))),
      ...Array.from({ length: 60 }, (_, i) => {
        const copy = Buffer.from(whole)
        const at = Math.floor((i * whole.length) / 60)
        copy[at] = (copy[at] ?? 0) ^ (1 << (i % 8))
        return copy
      }),
    ]
    for (const [i, bytes] of damaged.entries()) {
      await writeFile(join(path, name), bytes)
      expect((await newest())?.step).toBe(10)
      expect(warnings).toHaveLength(i + 1)
    }
    expect(warnings[0]).toContain(
      `checkpoint ${name} is passed over: its content does not have the SHA-256 of its name`,
    )
  })

  it('is empty when nothing in it is whole', async () => {
    await save(10)
    const [name = ''] = await readdir(path)
    await writeFile(join(path, name), '')
    expect(await newest()).toBe(null)
  })

  it('refuses the checkpoint of another run or of another network', async () => {
    await save(10)
    const other = new CheckpointFolder(path, 'run2', parameters, DEFAULTS.training)
    expect(await other.newest((message) => warnings.push(message))).toBe(null)
    const wider = parameters.map((p) => (p.name === 'out.bias' ? { ...p, shape: [3] } : p))
    expect(
      await new CheckpointFolder(path, 'run1', wider, DEFAULTS.training).newest((message) =>
        warnings.push(message),
      ),
    ).toBe(null)
    expect(warnings[0]).toContain('it belongs to run run1')
    expect(warnings[1]).toContain("out.bias has shape [2], the network's is [3]")
  })
})
