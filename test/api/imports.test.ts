import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCaller } from '../../src-main/api/router'
import { exportPointsCsv } from '../../src-main/reports/export-csv'
import { writeBundle } from '../../src-main/store/store'
import { openWorkbench } from '../../src-main/workbench'
import type { Workbench } from '../../src-main/workbench'

const FIXTURES = join(import.meta.dirname, '../imports/fixtures')
const PAPER = join(import.meta.dirname, '../../resources/examples/paper-table1.csv')

let folder: string
let workbench: Workbench
const api = () => createCaller({ workbench }).imports

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-imports-api-'))
  workbench = await openWorkbench({ workspace: join(folder, 'workspace'), access: 'owner' })
})
afterEach(async () => {
  await workbench.close()
  rmSync(folder, { recursive: true, force: true })
})

function table(name = 'theirs.csv', header = 'setting,lr,seed,val_acc,mood'): string {
  const rows = ['frozen', 'full'].flatMap((setting, i) =>
    [1e-4, 1e-3].map((rate, j) => `${setting},${rate},0,${50 + 10 * i + 5 * j},x`),
  )
  writeFileSync(join(folder, name), [header, ...rows].join('\n'))
  return join(folder, name)
}

const NAMES = { name: '{setting}-lr{learning_rate}-s{seed}' }

describe('files of every kind', () => {
  it.each([
    ['csv', () => [table()], undefined, 4],
    ['tensorboard', () => [join(FIXTURES, 'tensorboardx')], undefined, 8],
    [
      'tensorboard',
      () => [join(FIXTURES, 'tensorboard')],
      { metrics: { 'train/loss': 'epoch_loss' } } as const,
      4,
    ],
    ['mlflow', () => [join(FIXTURES, 'mlruns')], undefined, 9],
    ['hugging-face', () => [join(FIXTURES, 'trainer')], NAMES, 4],
    ['wandb', () => [join(FIXTURES, 'wandb')], undefined, 2],
  ])(
    '%s are looked at, imported in one go, and the second time add nothing',
    async (from, files, mapping, runs) => {
      const order = { source: { paths: files() }, mapping, as: 'theirs' }
      const looked = await api().look(order)
      expect(looked).toMatchObject({ from, study: 'theirs', exists: false, runs, problems: [] })
      expect(looked.firstRuns).toHaveLength(Math.min(runs, 8))
      expect(workbench.store.studies()).toEqual([])

      const told: string[] = []
      workbench.subscribe(({ type }) => told.push(type))
      const taken = await api().take({ ...order, mapping: looked.mapping })
      expect(taken).toMatchObject({ study: 'theirs', outcome: { added: runs, known: 0 } })
      expect(told).toContain('studies-changed')
      expect(workbench.store.study('theirs')?.importedFrom).toBe(from)
      expect((await workbench.compare('theirs')).groups.length).toBeGreaterThan(0)
      expect((await api().look(order)).exists).toBe(true)
      expect((await api().take({ ...order, mapping: looked.mapping })).outcome).toMatchObject({
        added: 0,
        known: runs,
      })
    },
  )

  it('published cells stand beside runs; a bundle brings a study to another workspace', async () => {
    await api().take({ source: { paths: [table()] } })
    const looked = await api().look({ source: { paths: [PAPER] }, as: 'theirs' })
    expect(looked).toMatchObject({ runs: 0, published: 16, exists: true })
    expect(looked.firstPublished[0]).toMatchObject({ metric: 'accuracy', n: 3 })
    expect((await api().take({ source: { paths: [PAPER] }, as: 'theirs' })).outcome.published.added).toBe(16)

    const bundle = join(folder, 'theirs.fairsweep')
    writeBundle(workbench.store, 'theirs', bundle)
    const here = await api().look({ source: { paths: [bundle] } })
    expect(here).toMatchObject({ from: 'bundle', study: 'theirs', runs: 4, published: 16, exists: true })
    expect(await api().take({ source: { paths: [bundle] }, as: 'again' })).toMatchObject({
      study: 'again',
      outcome: { added: 0, known: 4, published: { added: 16 } },
    })
  })
})

describe('what cannot be understood', () => {
  it('is said, with the names to choose from, until a mapping makes runs of it', async () => {
    const path = table('odd.csv', 'setting,eta,seed,val_acc,mood')
    const looked = await api().look({ source: { paths: [path] } })
    expect(looked.runs).toBe(0)
    expect(looked.problems[0]?.message).toMatch(/^found none, expected one in every run/)
    expect(looked.fields).toContainEqual({ name: 'eta', examples: ['0.0001', '0.001'] })
    await expect(api().take({ source: { paths: [path] } })).rejects.toThrow('learning_rate: found none')
    expect(workbench.store.studies()).toEqual([])

    const mapping = { ...looked.mapping, fields: { ...looked.mapping.fields, learning_rate: 'eta' } }
    const mended = await api().look({ source: { paths: [path] }, mapping })
    expect(mended).toMatchObject({ runs: 4, problems: [], unmapped: { fields: ['mood'] } })
    expect(mended.firstRuns[0]).toMatchObject({ setting: 'frozen', learningRate: 1e-4, validation: 0.5 })
  })

  it('is refused with where it is: relative paths, no files, no names, other keys', async () => {
    for (const [order, message] of [
      [{ source: { paths: ['theirs.csv'] } }, 'theirs.csv: expected the whole path'],
      [{ source: { paths: [join(folder, 'nothing.csv')] } }, 'cannot be read (ENOENT)'],
      [{ source: { paths: [table()] }, as: 'a/b' }, "as: found 'a/b'"],
      [{ source: { paths: [table()] }, mapping: { fields: { lr: 'lr' } } }, 'lr'],
    ] as const) {
      await expect(api().look(order as never)).rejects.toThrow(message)
    }
  })

  it('points without a time get none: the import says so, and exports leave it empty', async () => {
    const order = { source: { paths: [join(FIXTURES, 'trainer')] }, mapping: NAMES, as: 'trainer' }
    expect((await api().look(order)).remarks).toContainEqual(
      expect.stringMatching(/^\d+ points have no time there and get none here$/),
    )
    await api().take(order)
    const text = [...exportPointsCsv(workbench.store, 'trainer')].join('')
    expect(text).not.toMatch(/,1970-/)
    expect(
      text
        .trim()
        .split('\n')
        .slice(1)
        .every((line) => line.endsWith(',')),
    ).toBe(true)
  })
})

describe('files from a page', () => {
  /** As the dialog does it, in parts of a few bytes. */
  async function upload(root: string, files: readonly string[]): Promise<string> {
    let id: string | undefined
    for (const file of files) {
      const bytes = readFileSync(file)
      for (let at = 0; at < bytes.length; at += 20_000) {
        const base64 = bytes.subarray(at, at + 20_000).toString('base64')
        const name = relative(root, file)
        id = (await api().upload({ ...(id === undefined ? {} : { upload: id }), name, at, base64 })).upload
      }
    }
    return id ?? ''
  }

  const uploads = () => join(workbench.workspace, 'uploads')

  it('come in parts, whole folders too, are imported, and are gone afterwards', async () => {
    const root = join(FIXTURES, 'mlruns')
    const files = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
    const mlruns = await upload(join(root, '..'), files)
    expect((await api().take({ source: { upload: mlruns }, as: 'flow' })).outcome.added).toBe(9)
    const csv = await upload(folder, [table()])
    expect(await api().look({ source: { upload: csv } })).toMatchObject({ study: 'theirs', runs: 4 })
    expect(statSync(uploads()).mode & 0o777).toBe(0o700)
    await api().forget({ upload: csv })
    expect(readdirSync(uploads())).toEqual([])
    await expect(api().look({ source: { upload: csv } })).rejects.toThrow('no longer here')
  })

  it.each([
    '../escape.csv',
    'a/../../escape.csv',
    '/etc/passwd',
    'a//b',
    '.',
    '..',
    'a/..',
    '..\\escape.csv',
    'nul\0.csv',
    'x'.repeat(256),
    `${'a/'.repeat(40)}b`,
  ])('cannot be written elsewhere: %j', async (name) => {
    const before = readdirSync(folder)
    await expect(api().upload({ name, at: 0, base64: 'YQ==' })).rejects.toThrow('expected the path of a file')
    expect(readdirSync(folder)).toEqual(before)
    expect(existsSync(uploads())).toBe(false)
  })

  it('keep their order, and a made-up id opens nothing', async () => {
    const { upload: id } = await api().upload({ name: 'a.csv', at: 0, base64: 'YWI=' })
    await expect(api().upload({ upload: id, name: 'a.csv', at: 5, base64: 'YQ==' })).rejects.toThrow(
      'expected byte 2',
    )
    await expect(api().look({ source: { upload: '../../..' } })).rejects.toThrow()
    await expect(api().upload({ upload: '..', name: 'a', at: 0, base64: 'YQ==' })).rejects.toThrow()
  })

  it('that nobody imported are dropped when the workspace is opened again', async () => {
    await api().upload({ name: 'a.csv', at: 0, base64: 'YWI=' })
    const { workspace } = workbench
    await workbench.close()
    workbench = await openWorkbench({ workspace, access: 'owner' })
    expect(existsSync(uploads())).toBe(false)
  })
})
