import { TRPCError, callTRPCProcedure } from '@trpc/server'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { problemsOf } from '../../src-main/api/procedure'
import { appRouter, createCaller } from '../../src-main/api/router'
import { RUN_STATES } from '../../src-main/run'
import { SYNTHETIC_STUDY, fillStudy, openShowcase } from '../e2e/showcase'
import type { Showcase } from '../e2e/showcase'
import { ROUTES, makeRenderer } from './served'

const SMALL = SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')
  .replace('2000', '200')
  .replace('every: 100', 'every: 20')
const OTHER = SMALL.replace('synthetic-mnist', 'synthetic-other').replace('[0, 1, 2]', '[5]')

let showcase: Showcase
let api: ReturnType<typeof createCaller>

beforeAll(async () => {
  showcase = await openShowcase({
    renderer: makeRenderer(),
    fill: async (store) => {
      await fillStudy(store, SMALL)
      await fillStudy(store, OTHER, (run) => (run.config.learning_rate < 1e-5 ? 'fail' : 'train'))
    },
  })
  api = createCaller({ workbench: showcase.workbench })
})
afterAll(() => showcase.close())

async function refusal(work: Promise<unknown>): Promise<TRPCError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof TRPCError)) throw new Error(`expected a refusal, got ${String(error)}`)
  return error
}

describe('runs', () => {
  test('pages hold every run once, in order, and the last says that it is', async () => {
    const whole = await api.runs.page({ limit: 2_000 })
    expect(whole.next).toBeNull()
    const seen: string[] = []
    for (let after: string | undefined; ;) {
      const page = await api.runs.page({ limit: 7, after })
      seen.push(...page.runs.map(({ id }) => id))
      if (page.next === null) break
      after = page.next
    }
    expect(seen).toEqual(whole.runs.map(({ id }) => id))
    expect(seen).toHaveLength(await api.runs.count({}))
  })

  test('a page that ends exactly at the last run has no next', async () => {
    const count = await api.runs.count({ study: 'synthetic-other' })
    expect((await api.runs.page({ study: 'synthetic-other', limit: count })).next).toBeNull()
  })

  test('the filter counts what it shows', async () => {
    const filter = { study: 'synthetic-other', states: ['failed' as const] }
    const page = await api.runs.page(filter)
    expect(page.runs.map(({ state }) => state)).toEqual(Array.from(page.runs, () => 'failed'))
    expect(page.runs).toHaveLength(await api.runs.count(filter))
    expect(page.runs.length).toBeGreaterThan(0)
  })

  test('what is not a finite number is null in a curve', async () => {
    const diverged = (await api.runs.page({ states: ['diverged'], limit: 1 })).runs[0]
    const [curve] = await api.runs.curves({ ids: [diverged?.id ?? ''], metrics: ['train/loss'] })
    expect(curve?.values.at(-1)).toBeNull()
    expect(JSON.parse(JSON.stringify(curve))).toEqual(curve)
  })

  test('rows of unknown ids are left out', async () => {
    const known = (await api.runs.page({ limit: 1 })).runs[0]
    const rows = await api.runs.rows({ ids: [known?.id ?? '', '000000000000'] })
    expect(rows).toEqual([known])
  })

  test('cancelling a run that has ended is refused in words', async () => {
    const run = (await api.runs.page({ states: ['finished'], limit: 1 })).runs[0]
    const error = await refusal(api.runs.cancel({ ids: [run?.id ?? ''] }))
    expect(error.code).toBe('BAD_REQUEST')
    expect(error.message).toContain('finished')
  })
})

describe('studies', () => {
  test('a study that is being written is checked without an error', async () => {
    const check = await api.studies.check({ text: 'name: half\ntask: mnist\n' })
    if (check.ok) throw new Error('expected problems')
    expect(check.problems.map(({ place }) => place.field)).toContain('model')
  })

  test('a problem names its line and field', async () => {
    const check = await api.studies.check({ text: `${SMALL}patience: 3\n` })
    expect(check).toMatchObject({ ok: false, problems: [{ place: { field: 'patience', line: 10 } }] })
  })

  test('starting a wrong study is a bad request with the same places', async () => {
    const error = await refusal(api.studies.start({ text: `${SMALL}patience: 3\n` }))
    expect(error.code).toBe('BAD_REQUEST')
    expect(problemsOf(error.cause)).toMatchObject([{ place: { field: 'patience', line: 10 } }])
  })

  test('the list carries what each study is doing', async () => {
    const list = await api.studies.list()
    expect(list.map(({ name, state }) => [name, state])).toEqual([
      ['synthetic-mnist', 'complete'],
      ['synthetic-other', 'incomplete'],
    ])
  })

  test('every preset that ships is a study that can be read', async () => {
    const presets = await api.studies.presets()
    expect(presets.length).toBeGreaterThan(0)
    for (const { name, about, text } of presets) {
      expect(about, name).not.toBe('')
      const check = await api.studies.check({ text })
      // Only what is not installed on this machine may stand in its way.
      const problems = check.ok
        ? []
        : check.problems.filter(({ message }) => !/npm run setup|models add|data add/.test(message))
      expect(problems, name).toEqual([])
    }
  })
})

describe('compare', () => {
  test('answers the comparison with the state of the seal', async () => {
    const { comparison, seal } = await api.compare.study({ name: 'synthetic-mnist' })
    expect(comparison.groups[0]?.cells.every(({ choice }) => choice !== null)).toBe(true)
    expect(seal.testSealed).toBe(false)
    expect(JSON.parse(JSON.stringify(comparison))).toEqual(comparison)
  })

  test('an unknown study is a bad request', async () => {
    expect((await refusal(api.compare.study({ name: 'nobody' }))).code).toBe('BAD_REQUEST')
  })
})

describe('every procedure', () => {
  const JUNK: readonly unknown[] = [
    null,
    0,
    'text',
    [],
    { unexpected: 1 },
    { name: 'x'.repeat(501), text: 5, ids: ['../../etc/passwd'], id: "'; drop table runs" },
    { ids: [], name: '', states: ['no-such-state'], limit: -1 },
    JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
  ]

  // Of what the machine can do nothing changes from one piece of junk to the next; to measure it takes seconds.
  beforeAll(async () => {
    const { machine } = showcase.workbench
    vi.spyOn(machine, 'examine').mockResolvedValue(await machine.examine())
  })

  test.each(ROUTES)('$path answers junk with a bad request, never with a crash', async ({ path, type }) => {
    for (const input of JUNK) {
      const answer = callTRPCProcedure({
        router: appRouter,
        path,
        type,
        getRawInput: () => Promise.resolve(input),
        ctx: { workbench: showcase.workbench },
        signal: AbortSignal.timeout(5_000),
        batchIndex: 0,
      })
      await answer.then(
        () => undefined,
        (error: unknown) => expect((error as TRPCError).code).toBe('BAD_REQUEST'),
      )
    }
    expect('polluted' in {}).toBe(false)
  })

  test('states in a filter are those of runs', async () => {
    await expect(api.runs.count({ states: [...RUN_STATES] })).resolves.toBeGreaterThan(0)
  })
})
