import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { studyOfSchema } from '../../src-main/cli/documents'
import { exportDocument } from '../../src-main/reports/export-schema'
import type { ExportDocument } from '../../src-main/reports/export-schema'
import { runCommand } from './command'
import { tinyStudy, writeTinyImages } from './tiny-study'

const folder = mkdtempSync(join(tmpdir(), 'fairsweep-study-of-'))
const here = (...args: string[]) => runCommand([...args, '--workspace', 'here'], folder)
const elsewhere = (...args: string[]) => runCommand([...args, '--workspace', 'elsewhere'], folder)

const exportOf = (stdout: string): ExportDocument => exportDocument.parse(JSON.parse(stdout))
let exported: ExportDocument

beforeAll(async () => {
  writeTinyImages(join(folder, 'images'))
  writeTinyImages(join(folder, 'others'), { train: 210, test: 80 })
  mkdirSync(join(folder, 'elsewhere'))
  const study = tinyStudy({
    settings: '[{name: mine, init: random, train: [output, input, {last_layers: 1}]}]',
    learning_rates: '[1e-3, 1e-2]',
    training: '{batch_size: 4, max_steps: 12, optimizer: adamw, weight_decay: 0.1, label_smoothing: 0.1}',
    validation: '{every: 5, patience: 1000, examples: 16}',
  })
  writeFileSync(join(folder, 'tiny.yaml'), study)
  expect(await here('run', 'tiny.yaml', '--quiet')).toMatchObject({ code: 0 })
  const { stdout } = await here('export', 'tiny', '--format', 'json', '--metrics')
  writeFileSync(join(folder, 'tiny.json'), stdout)
  exported = exportOf(stdout)
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true }))

describe('study-of', () => {
  it("trains another workspace's run again, to the same numbers", async () => {
    const run = exported.runs[1]!
    const asked = ['study-of', 'tiny.json', '--run', run.id, '--data', 'images']
    const made = await elsewhere(...asked, '--out', 'again.yaml', '--json')
    expect(made).toMatchObject({ code: 0 })
    const said = studyOfSchema.parse(JSON.parse(made.stdout))
    expect(said).toMatchObject({ run: run.id, key: run.key, key_here: run.key, differences: [] })
    expect(readFileSync(join(folder, 'again.yaml'), 'utf8')).toBe(said.text)
    expect(said.text).toContain('the key is the same')

    expect(await elsewhere('run', 'again.yaml', '--quiet')).toMatchObject({ code: 0 })
    const { stdout } = await elsewhere('export', said.study, '--format', 'json', '--metrics')
    const [trained, ...more] = exportOf(stdout).runs
    expect(more).toEqual([])
    expect(trained?.key).toBe(run.key)
    for (const metric of ['train/loss', 'val/loss', 'test/loss'] as const)
      expect(trained?.series?.[metric] ?? [metric]).toEqual(run.series?.[metric])
    expect(run.series?.['train/loss']).toHaveLength(12)

    const over = await elsewhere(...asked, '--out', 'again.yaml')
    expect(over).toMatchObject({ code: 2 })
    expect(over.stderr).toContain('is there already, expected a new file')
  }, 240_000)

  it('names what is another one here, and that the key is too', async () => {
    const [run] = exported.runs
    const made = await elsewhere('study-of', 'tiny.json', '--run', run!.id.slice(0, 6), '--data', 'others')
    expect(made.code).toBe(0)
    expect(made.stderr).toMatch(/task\.data\.train-images: [0-9a-f]{12}… in the export, [0-9a-f]{12}… here/)
    expect(made.stderr).not.toContain('test-labels')
    expect(made.stderr).toContain('the key is another one')
    expect(made.stdout).toMatch(/^# Trains run .*another run\.\n# task\.data\.train-images/)
  }, 120_000)

  it('finds installed data by its hashes, and refuses with what is there to be said', async () => {
    const [run] = exported.runs
    const id = run!.id
    const refused = async (...args: string[]) => {
      const { code, stderr } = await elsewhere('study-of', ...args)
      expect(code).toBe(2)
      return stderr
    }
    expect(await refused('tiny.json', '--run', id)).toMatch(
      /--data: run \w+ learned from train-images \(SHA-256 \w+…\).*which no installed data set has; say where it lies/,
    )
    expect(await refused('tiny.json')).toContain(
      `tiny.json: --run: found 2 runs, expected one of ${exported.runs.map((each) => each.id).join(', ')}`,
    )
    expect(await refused('tiny.json', '--run', 'nope')).toContain('found no run nope, expected one of')
    expect(await refused('tiny.json', '--run', id, '--model', 'images', '--data', 'images')).toContain(
      '--model: ',
    )
    expect(await refused('tiny.yaml', '--run', id)).toContain('is not JSON, expected a file of export')

    const imported = { imported: { from: 'csv', run: 'a' }, options: {}, learning_rate: 1, seed: 0 }
    const document = { ...exported, runs: [{ ...run, config: imported }] }
    writeFileSync(join(folder, 'imported.json'), JSON.stringify(document))
    expect(await refused('imported.json')).toContain(
      'was imported (csv), expected one that Fairsweep trained',
    )

    expect(await elsewhere('data', 'add', 'images', '--name', 'bands')).toMatchObject({ code: 0 })
    const found = await elsewhere('study-of', 'tiny.json', '--run', id)
    expect(found).toMatchObject({ code: 0 })
    expect(found.stderr).toContain('the key is the same')
    expect(found.stdout).toContain(join('data', 'bands'))
  }, 240_000)
})
