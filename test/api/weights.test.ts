import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { WeightsStep } from '../../src-main/api/weights'
import { createCaller } from '../../src-main/api/router'
import { SYNTHETIC_STUDY, fillStudy, openShowcase } from '../e2e/showcase'
import type { Showcase } from '../e2e/showcase'
import { makeRenderer } from './served'

const SMALL = SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')
  .replace('2000', '40')
  .replace('every: 100', 'every: 20')

let showcase: Showcase
let api: ReturnType<typeof createCaller>
let run = ''
let other = ''
const kept = (): string =>
  join(showcase.workbench.workspace, 'weights', `${run}.${'a'.repeat(64)}.safetensors`)

beforeAll(async () => {
  showcase = await openShowcase({ renderer: makeRenderer(), fill: (store) => fillStudy(store, SMALL) })
  api = createCaller({ workbench: showcase.workbench })
  ;[run = '', other = ''] = showcase.workbench.store
    .runs({ study: 'synthetic-mnist', states: ['finished'], limit: 2 })
    .map(({ id }) => id)
  mkdirSync(join(showcase.workbench.workspace, 'weights'), { recursive: true })
  writeFileSync(kept(), Buffer.alloc(4_000))
})
afterAll(() => showcase.close())

async function exported(id: string, folder: string): Promise<WeightsStep[]> {
  const steps: WeightsStep[] = []
  for await (const step of await api.weights.export({ run: id, folder })) steps.push(step)
  return steps
}

describe("a run's trained weights", () => {
  it('are told by their size, or by why there are none', async () => {
    const folder = join(showcase.workbench.workspace, 'exports', `weights-${run}`)
    expect(await api.weights.of({ run })).toEqual({
      kept: { bytes: 4_000, sha256: 'a'.repeat(64) },
      why: null,
      folder,
    })
    const none = await api.weights.of({ run: other })
    expect(none.kept).toBeNull()
    expect(none.why).toMatch(/^no weights of run .* are kept: .* keep_weights: all/)
    await expect(api.weights.of({ run: 'f'.repeat(12) })).rejects.toThrow('no run ffffffffffff')
  })

  it('are written with progress, the files named at the end; a mistake is a bad request', async () => {
    const out = join(showcase.workbench.workspace, 'out')
    const write = vi.spyOn(showcase.workbench.weights, 'export').mockImplementation(async function* () {
      yield { done: 1, of: 2 }
      mkdirSync(out)
      writeFileSync(join(out, 'config.json'), '{}')
      await Promise.resolve()
    })
    expect(await exported(run, out)).toEqual([
      { done: 1, of: 2 },
      { folder: out, files: ['config.json'] },
    ])
    expect(write).toHaveBeenCalledWith(run, out)
    write.mockRestore()
    await expect(exported(run, 'weights')).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: `folder: found 'weights', expected a whole path such as ${tmpdir()}/report`,
    })
    await expect(exported(other, join(out, 'b'))).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    // The synthetic history was trained from a model that is nowhere.
    await expect(exported(run, join(out, 'b'))).rejects.toThrow('is not here any more')
    expect(existsSync(join(out, 'b'))).toBe(false)
  })

  it('are removed for good, those of that run alone', async () => {
    const neighbour = join(showcase.workbench.workspace, 'weights', `${other}.${'b'.repeat(64)}.safetensors`)
    writeFileSync(neighbour, 'b')
    expect(await api.weights.remove({ run })).toEqual({ freed: 4_000 })
    expect(existsSync(kept())).toBe(false)
    expect(existsSync(neighbour)).toBe(true)
    expect((await api.weights.of({ run })).kept).toBeNull()
  })
})
