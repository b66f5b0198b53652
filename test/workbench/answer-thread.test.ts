import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCaller } from '../../src-main/api/router'
import { EventStream } from '../../src-main/queue/event-stream'
import { openStore } from '../../src-main/store/store'
import type { StudyRecord } from '../../src-main/store/store'
import { openWorkbench } from '../../src-main/workbench'
import type { Workbench } from '../../src-main/workbench'
import { AnswerThread } from '../../src-main/workbench/answer-thread'
import type { PackedAnswer } from '../../src-main/workbench/answer-thread'
import { builtProgram } from '../built'
import { outcome, plan, START } from '../store/plans'

let workspace: string
let workbench: Workbench
let entry: string
beforeAll(async () => {
  entry = await builtProgram('src-main/answer.ts')
  workspace = mkdtempSync(join(tmpdir(), 'fairsweep-answers-'))
  const store = openStore(join(workspace, 'history.db'))
  const seeds = Array.from({ length: 2_000 }, (_, i) => i)
  store.saveStudy(plan({ name: 'large', seeds, learning_rates: [1e-4, 1e-3, 1e-2] }))
  store.saveStudy(plan({ name: 'small', seeds: [0, 1], learning_rates: [1e-4] }))
  const run = store.runs({ study: 'small' })[0]!
  store.begin(run.id, START)
  store.end(run.id, outcome())
  store.close()
  workbench = await openWorkbench({ workspace, access: 'owner', what: 'a test' })
}, 60_000)
afterAll(async () => {
  await workbench.close()
  rmSync(workspace, { recursive: true, force: true })
})

const unpacked = ({ gzip }: PackedAnswer): unknown =>
  JSON.parse(gunzipSync(Buffer.from(gzip, 'base64')).toString())
const plain = (data: unknown): unknown => JSON.parse(JSON.stringify(data))

describe('a thread that answers beside the workbench', () => {
  it('says what the workbench itself would say, one question after the other', async () => {
    const thread = new AnswerThread(entry, workspace, workbench.store, new EventStream())
    const call = createCaller({ workbench })
    const asked = ['small', 'large'].map((name) => thread.ask('query', 'compare.study', { name }))
    for (const [i, name] of ['small', 'large'].entries())
      expect(unpacked((await asked[i])!)).toEqual(plain(await call.compare.study({ name })))
    await thread.stop()
    await expect(thread.ask('query', 'compare.study', { name: 'small' })).rejects.toThrow('closed')
  }, 60_000)

  it('keeps a small answer while nothing changes, whether the thread is still there or not', async () => {
    const thread = new AnswerThread(entry, workspace, workbench.store, new EventStream(), 1)
    const ask = (): Promise<PackedAnswer> =>
      thread.ask('query', 'studies.verdict', { name: 'small' }, { study: 'small' })
    const [first, same] = [ask(), ask()]
    expect(same).toBe(first)
    expect(unpacked(await first)).toEqual(
      plain(await createCaller({ workbench }).studies.verdict({ name: 'small' })),
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(ask()).toBe(first)
    const ofLarge = workbench.store.runIds({ study: 'large', order: 'plan' })
    await workbench.cancelRun(ofLarge.at(-1)!)
    expect(ask()).toBe(first)
    await workbench.cancelRun(workbench.store.runIds({ study: 'small', states: ['queued'] })[0]!)
    expect(ask()).not.toBe(first)
    await thread.stop()
  }, 60_000)

  it('does not begin what nobody waits for any more', async () => {
    const thread = new AnswerThread(entry, workspace, workbench.store, new EventStream())
    const ask = (text: string, signal?: AbortSignal): Promise<PackedAnswer> =>
      thread.ask('query', 'studies.check', { text }, { signal })
    const [first, second] = [new AbortController(), new AbortController()]
    const given = [ask('name: a', first.signal), ask('name: b', second.signal)]
    const last = ask('name: c')
    first.abort()
    second.abort()
    for (const each of given) await expect(each).rejects.toThrow('nobody waits')
    expect(unpacked(await last)).toEqual(
      plain(await createCaller({ workbench }).studies.check({ text: 'name: c' })),
    )
    await expect(ask('name: d', AbortSignal.abort())).rejects.toThrow('nobody waits')
    await thread.stop()
  }, 60_000)

  it('writes a report, and makes its tables, as the workbench would', async () => {
    const thread = new AnswerThread(entry, workspace, workbench.store, new EventStream())
    const folder = join(workspace, 'written')
    const wanted = { study: 'small', formats: ['csv'], figureFormats: [], folder }
    const [once, again] = [1, 2].map(() => thread.ask('mutation', 'reports.write', wanted))
    const { files } = unpacked(await once!) as { files: string[] }
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expect(existsSync(file)).toBe(true)
    expect(unpacked(await again!)).toEqual({ folder, files })
    const table = { study: 'small', id: 'rates', format: 'md' } as const
    expect(unpacked(await thread.ask('query', 'reports.table', table))).toEqual(
      await createCaller({ workbench }).reports.table(table),
    )
    await thread.stop()
  }, 60_000)

  it('refuses in the same words, and is there again when it had been let go', async () => {
    const thread = new AnswerThread(entry, workspace, workbench.store, new EventStream(), 1)
    await expect(thread.ask('query', 'compare.study', { name: 'nobody' })).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringContaining("no study 'nobody'") as string,
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(unpacked(await thread.ask('query', 'compare.tables', { name: 'small' }))).toBeInstanceOf(Array)
    await thread.stop()
  }, 60_000)
})

describe('a page that asks', () => {
  it('about many runs is answered by the thread; other callers, and few runs, by the workbench', async () => {
    const asked: string[] = []
    const answers = {
      isFor: (study: StudyRecord) => workbench.answers.isFor(study),
      ask: (_type: string, path: string) => Promise.resolve({ gzip: String(asked.push(path)) }),
    } as unknown as AnswerThread
    const seen = Object.create(workbench, { answers: { value: answers } }) as Workbench
    const page = createCaller({ workbench: seen, unpacks: true })
    expect(await page.compare.study({ name: 'large' })).toEqual({ gzip: '1' })
    expect(await page.compare.study({ name: 'small' })).toHaveProperty('comparison')
    expect(await createCaller({ workbench: seen }).compare.study({ name: 'large' })).toHaveProperty('seal')
    const table = { study: 'large', id: 'rates', format: 'md' } as const
    expect(await page.reports.table(table)).toEqual({ gzip: '2' })
    expect(await page.reports.archive({ study: 'large', formats: ['md'], figureFormats: [] })).toEqual({
      gzip: '3',
    })
    expect(await page.studies.verdict({ name: 'large' })).toEqual({ gzip: '4' })
    expect(asked).toEqual(['compare.study', 'reports.table', 'reports.archive', 'studies.verdict'])
  })

  it('about a study file that asks for very many runs, or is very long, is answered by the other thread', async () => {
    const asked: unknown[] = []
    const drafts = {
      isForRuns: (runs: number) => workbench.drafts.isForRuns(runs),
      ask: (...question: unknown[]) => Promise.resolve({ gzip: String(asked.push(question)) }),
    } as unknown as AnswerThread
    const seen = Object.create(workbench, { drafts: { value: drafts } }) as Workbench
    const page = createCaller({ workbench: seen, unpacks: true })
    const text = (seeds: number, notes = ''): string =>
      `name: a\ntask: {kind: bit-memory}\nmodel: {kind: gpt2, layers: 1, width: 8, heads: 1}\nsettings: [frozen-random]\nlearning_rates: {from: 1e-9, to: 1, per_decade: 100}\nseeds: [${Array.from({ length: seeds }, (_, i) => i).join()}]\nnotes: "${notes}"\n`
    expect(await page.studies.check({ text: text(10) })).toEqual({ gzip: '1' })
    expect(await page.forecast.of({ text: text(10) })).toEqual({ gzip: '2' })
    expect(await page.studies.check({ text: text(1, 'long'.repeat(2_000)) })).toEqual({ gzip: '3' })
    expect(await page.studies.check({ text: text(1) })).not.toHaveProperty('gzip')
    expect(await page.studies.check({ text: 'name: [' })).toHaveProperty('problems')
    expect(asked[0]).toEqual(['query', 'studies.check', { text: text(10) }, { signal: undefined }])
    expect(asked[1]).toEqual(['query', 'forecast.of', { text: text(10) }, { signal: undefined }])
  })
})
