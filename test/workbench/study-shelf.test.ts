import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createCaller } from '../../src-main/api/router'
import { SYNTHETIC_STUDY, fillStudy, openShowcase, planSynthetic } from '../e2e/showcase'
import type { Showcase } from '../e2e/showcase'
import { makeRenderer } from '../api/served'

const SMALL = SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')
  .replace('2000', '200')
  .replace('every: 100', 'every: 20')
const SHARING = SMALL.replace('synthetic-mnist', 'sharing').replace('[0, 1, 2]', '[0]')
const LONG = SYNTHETIC_STUDY.replace('synthetic-mnist', 'long').replace('[0, 1, 2]', '[9]')

let showcase: Showcase
let api: ReturnType<typeof createCaller>
const heard: string[] = []

beforeEach(async () => {
  showcase = await openShowcase({
    renderer: makeRenderer(),
    fill: async (store) => {
      await fillStudy(store, SMALL)
      await fillStudy(store, SHARING)
    },
  })
  heard.length = 0
  showcase.workbench.subscribe(({ type }) => heard.push(type))
  api = createCaller({ workbench: showcase.workbench })
})
afterEach(() => showcase.close())

const names = async (): Promise<string[]> => (await api.studies.list()).map(({ name }) => name)

describe('a study', () => {
  test('that is deleted is in no list; what another holds stays, and undoing brings all of it back', async () => {
    const { workbench } = showcase
    const before = await api.studies.list()
    const runs = workbench.store.countRuns()
    expect(await api.studies.deletion({ name: 'synthetic-mnist' })).toMatchObject({ runs: 40, shared: 20 })
    await api.studies.delete({ name: 'synthetic-mnist' })
    expect(heard).toContain('studies-changed')
    expect(await names()).toEqual(['sharing'])
    expect(workbench.store.countRuns()).toBe(20)
    await api.studies.restore({ name: 'synthetic-mnist' })
    expect(await api.studies.list()).toEqual(before)
    expect(workbench.store.countRuns()).toBe(runs)
  })

  test('that trains is stopped before it is deleted, and waits when it is brought back', async () => {
    const { workbench } = showcase
    await workbench.startStudy(await planSynthetic(LONG))
    await expect.poll(() => workbench.progress().length, { timeout: 20_000 }).toBeGreaterThan(0)
    await api.studies.delete({ name: 'long' })
    expect(workbench.progress()).toEqual([])
    await api.studies.restore({ name: 'long' })
    const long = (await api.studies.list()).find(({ name }) => name === 'long')
    expect(long?.state).toBe('paused')
    expect(Object.keys(long?.runs ?? {})).not.toContain('queued')
  })

  test('that is put away says when', async () => {
    await api.studies.archive({ name: 'sharing', archived: true })
    const [first, second] = await api.studies.list()
    expect([first?.archivedAt, typeof second?.archivedAt]).toEqual([null, 'string'])
    await api.studies.archive({ name: 'sharing', archived: false })
    expect((await api.studies.list())[1]?.archivedAt).toBeNull()
  })

  test('has a verdict of one line for its card: who leads on which split, and what the audit says', async () => {
    const verdict = await api.studies.verdict({ name: 'synthetic-mnist' })
    expect(verdict.split).toBe('test')
    expect(verdict.line).toMatch(/unfrozen-pretrained.*(>|=).*frozen-random/)
    expect(verdict.line).not.toContain('\n')
    const { findings, gravest } = verdict
    expect(findings.error + findings.warning + findings.note > 0).toBe(gravest !== null)
    expect(verdict.flips.of).toBeGreaterThan(2)
  })

  test('that nobody knows is an input error, whatever is asked', async () => {
    const calls = [api.studies.delete, api.studies.restore, api.studies.deletion, api.studies.verdict]
    for (const call of calls)
      await expect(call({ name: 'nobody' })).rejects.toThrow(/no study ["']nobody["']/)
  })
})

test('the library tells which studies use what', async () => {
  const { models, data } = await api.library.shelves()
  const uses = (items: readonly { name: string; usedBy: readonly string[] }[], name: string) =>
    items.find((item) => item.name === name)?.usedBy
  expect(uses(models, 'minilm-l6')).toEqual(['synthetic-mnist', 'sharing'])
  expect(uses(data, 'mnist')).toEqual(['synthetic-mnist', 'sharing'])
})
