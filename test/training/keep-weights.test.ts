import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine } from '../../src-main/engine'
import { openKept } from '../../src-main/weights/kept-file'
import { WeightShelf } from '../../src-main/weights/weight-shelf'
import { newFolder, trainToys } from './toy-job'
import type { ToyJob } from './toy-job'

beforeAll(() => loadEngine())

const A = 'a'.repeat(12)
const B = 'b'.repeat(12)
const training = { max_steps: 60 }
const validation = { every: 5 }

/** Trains, and tells what was kept of a run. */
async function keptOf(run: string, folder: string, job: ToyJob) {
  const store = await trainToys({ ...job, keep: { folder, mostBytes: Infinity, ...job.keep } })
  const kept = new WeightShelf(folder).of(run)
  return { outcome: store.outcomes.get(run), kept, opened: kept && (await openKept(kept.path, kept)) }
}

describe('the weights of a complete run', () => {
  it('are kept as of the step that validation chose, bit by bit those that were tested', async () => {
    const runs = [{ id: A, learningRate: 0.1 }]
    const folder = await newFolder()
    const long = await keptOf(A, folder, { runs, training, validation })
    const best = long.outcome?.bestStep ?? 0
    expect(best).toBeLessThan(60)
    expect(long.opened).toMatchObject({ step: best, shape: { readTokens: 1, output: { kind: 'classes' } } })

    const short = await keptOf(A, await newFolder(), { runs, training: { max_steps: best }, validation })
    expect(short.opened?.step).toBe(best)
    const names = [...(long.opened?.file.tensors.keys() ?? [])]
    expect(names).toContain('out.weight')
    for (const name of names)
      expect(await long.opened?.file.readFloats(name)).toEqual(await short.opened?.file.readFloats(name))
  })

  it('are those of the last step where there is no validation', async () => {
    const { opened } = await keptOf(A, await newFolder(), {
      runs: [{ id: A }],
      validation: { fraction: 0 },
    })
    expect(opened?.step).toBe(40)
  })

  it('are one file a run, replaced when it is trained again; a diverged run and one that is too large leave none', async () => {
    const folder = await newFolder()
    const runs = [{ id: A }, { id: B, learningRate: 1e38 }]
    await keptOf(A, folder, { runs })
    const { kept } = await keptOf(A, folder, { runs: [{ id: A, seed: 5 }] })
    expect(await readdir(folder)).toEqual([`${A}.${kept?.sha256}.safetensors`])
    const small = await newFolder()
    const { outcome } = await keptOf(A, small, { runs: [{ id: A }], keep: { folder: small, mostBytes: 8 } })
    expect([outcome?.state, await readdir(small)]).toEqual(['finished', []])
  })

  it('that were changed on disk are refused', async () => {
    const folder = await newFolder()
    const { kept } = await keptOf(A, folder, { runs: [{ id: A }] })
    await expect(
      openKept(kept?.path ?? '', { run: A, sha256: kept?.sha256.replace(/^./, 'x') ?? '' }),
    ).rejects.toThrow('it is damaged')
  })

  it('cost a run nothing but a warning where they cannot be written', async () => {
    // No folder of any system has a name with a zero in it.
    const folder = join(await newFolder(), 'weights\0')
    const store = await trainToys({ runs: [{ id: A }], keep: { folder, mostBytes: Infinity } })
    expect(store.outcomes.get(A)?.state).toBe('finished')
    expect(store.messages).toContainEqual(
      expect.objectContaining({
        type: 'log',
        level: 'warning',
        run: A,
        message: expect.stringContaining('could not be kept') as string,
      }),
    )
  })
})

describe('a shelf of weights', () => {
  it('lists and removes what is kept, and leaves other files alone', async () => {
    const folder = await newFolder()
    await keptOf(A, folder, { runs: [{ id: A }, { id: B, seed: 1 }] })
    const shelf = new WeightShelf(folder)
    expect(shelf.list().map(({ run }) => run)).toEqual([A, B])
    const bytes = shelf.of(A)?.bytes
    expect(shelf.remove([A, 'c'.repeat(12)])).toBe(bytes)
    expect(shelf.list().map(({ run }) => run)).toEqual([B])
    shelf.remove()
    expect(shelf.list()).toEqual([])
    expect(new WeightShelf(join(folder, 'none')).list()).toEqual([])
  })
})
