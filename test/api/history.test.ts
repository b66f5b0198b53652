import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCaller } from '../../src-main/api/router'
import type { WorkbenchEvent } from '../../src-main/workbench'
import { SYNTHETIC_STUDY, fillStudy, openShowcase } from '../e2e/showcase'
import type { Showcase } from '../e2e/showcase'
import { makeRenderer } from './served'

const SMALL = SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')
  .replace('2000', '200')
  .replace('every: 100', 'every: 20')

let showcase: Showcase
let api: ReturnType<typeof createCaller>
const events: WorkbenchEvent['type'][] = []

beforeAll(async () => {
  showcase = await openShowcase({ renderer: makeRenderer(), fill: (store) => fillStudy(store, SMALL) })
  api = createCaller({ workbench: showcase.workbench })
  showcase.workbench.subscribe(({ type }) => events.push(type))
})
afterAll(() => showcase.close())

const study = 'synthetic-mnist'
const best = { filter: 'setting = frozen-pretrained', sort: ['-val/accuracy'] }

describe('a list of runs', () => {
  test('is filtered, sorted and paged as asked', async () => {
    const { runs } = await api.runs.page({ ...best, limit: 2_000 })
    expect(new Set(runs.map(({ setting }) => setting))).toEqual(new Set(['frozen-pretrained']))
    const scores = runs.map(({ summary }) => summary['val/accuracy'] ?? -1)
    expect(scores).toEqual(scores.toSorted((a, b) => b - a))
    expect(runs).toHaveLength(await api.runs.count(best))
    const second = await api.runs.page({ ...best, offset: 3, limit: 4 })
    expect(second.runs).toEqual(runs.slice(3, 7))
    expect(await api.history.ids({ ...best, offset: 3, limit: 4 })).toEqual(second.runs.map(({ id }) => id))
  })

  test('a filter or an order that cannot be read is refused in words', async () => {
    await expect(api.runs.page({ filter: 'lr <' })).rejects.toThrow('filter: column 5: found the end')
    await expect(api.runs.count({ sort: ['-nothing'] })).rejects.toThrow("found 'nothing'")
  })

  test('groups carry n and mean ± SEM with ddof 1', async () => {
    const { groups, total } = await api.history.groups({
      study,
      by: ['setting', 'lr'],
      measures: ['val/accuracy', 'best_step'],
    })
    expect(total).toBe(groups.length)
    const { runs } = await api.runs.page({ study, limit: 2_000 })
    for (const { key, runs: n, estimates, states } of groups) {
      const of = runs.filter(({ setting, learningRate }) => setting === key[0] && learningRate === key[1])
      expect(n).toBe(of.length)
      expect(Object.values(states).reduce((sum, count) => sum + count, 0)).toBe(n)
      const values = of.flatMap(({ summary }) => summary['val/accuracy'] ?? [])
      const estimate = estimates['val/accuracy']
      if (values.length === 0) {
        expect(estimate).toBeNull()
        continue
      }
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const spread = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
      expect(estimate?.n).toBe(values.length)
      expect(estimate?.mean).toBeCloseTo(mean, 12)
      if (values.length === 1) expect(estimate?.sem).toBeNull()
      else expect(estimate?.sem).toBeCloseTo(Math.sqrt(spread / (values.length - 1) / values.length), 12)
    }
    expect(groups.map(({ key }) => key[0])).toEqual(groups.map(({ key }) => key[0]).toSorted())
  })

  test('columns are an even sample of what matches', async () => {
    const whole = await api.history.columns({ study, fields: ['lr', 'val/accuracy'], limit: 2_000 })
    expect(whole.rows).toHaveLength(whole.total)
    const some = await api.history.columns({ study, fields: ['lr'], limit: 10 })
    expect(some.total).toBe(whole.total)
    expect(some.rows.length).toBeLessThanOrEqual(10)
    expect(whole.ids).toEqual(expect.arrayContaining([...some.ids]))
  })

  test('CSV has every number in full and reads back', async () => {
    const { text, runs } = await api.history.csv({ ...best, columns: ['id', 'lr', 'val/accuracy', 'reason'] })
    const rows: Record<string, string>[] = parse(text, { columns: true })
    expect(rows).toHaveLength(runs)
    const page = await api.runs.page({ ...best, limit: 2_000 })
    expect(rows.map(({ id }) => id)).toEqual(page.runs.map(({ id }) => id))
    expect(Number(rows[0]?.['val/accuracy'])).toBe(page.runs[0]?.summary['val/accuracy'])
    const chosen = page.runs.slice(0, 2).map(({ id }) => id)
    expect((await api.history.csv({ ...best, ids: chosen, columns: ['id'] })).text).toBe(
      `id\n${chosen.join('\n')}\n`,
    )
  })

  test('the names in use are there for completion', async () => {
    const vocabulary = await api.history.vocabulary()
    expect(vocabulary['study']).toEqual([study])
    expect(vocabulary['setting']).toContain('frozen-random')
  })
})

describe('annotations', () => {
  test('are seen in the list, told to every page, and can be taken back exactly', async () => {
    const [a, b] = (await api.history.ids({ study })) as [string, string]
    events.length = 0
    await api.annotations.tag({ ids: [a], tag: 'keep', on: true })
    const { changed } = await api.annotations.tag({ ids: [a, b], tag: 'keep', on: true })
    expect(changed).toEqual([b])
    expect(events).toEqual(['annotations-changed', 'annotations-changed'])
    expect(await api.history.ids({ filter: 'tag = keep' })).toHaveLength(2)
    await api.annotations.tag({ ids: changed, tag: 'keep', on: false })
    expect(await api.history.ids({ filter: 'tag = keep' })).toEqual([a])

    expect(await api.annotations.note({ id: a, note: 'so *good*' })).toEqual({ before: null })
    expect((await api.runs.rows({ ids: [a] }))[0]).toMatchObject({ tags: ['keep'], note: 'so *good*' })
    expect(await api.annotations.note({ id: a, note: '  ' })).toEqual({ before: 'so *good*' })
    expect((await api.annotations.of({ ids: [a] }))[0]?.note).toBeNull()
  })

  test('archived runs leave lists, not conclusions', async () => {
    const all = await api.runs.count({ study })
    const before = (await api.compare.study({ name: study })).comparison
    const [a] = (await api.history.ids({ study })) as [string]
    await api.annotations.archive({ ids: [a], archived: true })
    expect(await api.runs.count({ study })).toBe(all - 1)
    expect(await api.runs.count({ study, filter: 'archived = yes or archived = no' })).toBe(all)
    expect((await api.compare.study({ name: study })).comparison).toEqual(before)
    await api.annotations.archive({ ids: [a], archived: false })
    expect(await api.runs.count({ study })).toBe(all)
  })

  test('tags are one line of text', async () => {
    const [a] = (await api.history.ids({ study })) as [string]
    for (const tag of ['', '  ', 'two\nlines', 'x'.repeat(61)]) {
      await expect(api.annotations.tag({ ids: [a], tag, on: true }), JSON.stringify(tag)).rejects.toThrow()
    }
  })

  test('a view is saved under a name, replaced and removed', async () => {
    expect(await api.annotations.saveView({ place: 'runs', name: ' Best ', query: 'sort=lr' })).toEqual({
      before: null,
    })
    expect(await api.annotations.views({ place: 'runs' })).toEqual([{ name: 'Best', query: 'sort=lr' }])
    expect(await api.annotations.removeView({ place: 'runs', name: 'Best' })).toEqual({ before: 'sort=lr' })
    expect(await api.annotations.views({ place: 'runs' })).toEqual([])
  })
})
