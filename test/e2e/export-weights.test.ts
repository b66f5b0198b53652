import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { weightsSchema } from '../../src-main/cli/documents'
import { readHistory, runCommand } from './command'
import { tinyStudy, writeTinyImages } from './tiny-study'

const folder = mkdtempSync(join(tmpdir(), 'fairsweep-export-weights-'))
const workspace = join(folder, 'workspace')
const command = (...args: string[]) => runCommand([...args, '--workspace', workspace], folder)
let runs: readonly string[] = []

beforeAll(async () => {
  writeTinyImages(join(folder, 'images'))
  const change = {
    settings: '[frozen-random]',
    learning_rates: '[1e-2]',
    training: '{batch_size: 4, max_steps: 10}',
  }
  writeFileSync(join(folder, 'kept.yaml'), tinyStudy({ ...change, name: 'kept' }))
  writeFileSync(
    join(folder, 'bare.yaml'),
    tinyStudy({ ...change, name: 'bare', seeds: '[1]', execution: '{keep_weights: none}' }),
  )
  for (const study of ['kept.yaml', 'bare.yaml'])
    expect(await command('run', study, '--quiet')).toMatchObject({ code: 0 })
  runs = readHistory(workspace, (store) =>
    ['kept', 'bare'].map((study) => store.runs({ study })[0]?.id ?? ''),
  )
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true }))

describe('export-weights', () => {
  it("writes a trained run's trunk as a directory that `models add` takes, whole or not at all", async () => {
    const [run = ''] = runs
    const out = join(folder, 'exported', 'trunk')
    const { code, stdout } = await command('export-weights', run, '--out', out, '--json')
    expect(code).toBe(0)
    expect(weightsSchema.parse(JSON.parse(stdout))).toMatchObject({ run, folder: out })
    expect(readdirSync(out)).toContain('model.safetensors')
    expect(readdirSync(join(folder, 'exported'))).toEqual(['trunk'])
    expect(await command('models', 'add', out)).toMatchObject({ code: 0 })

    const again = await command('export-weights', run, '--out', out)
    expect(again.code).toBe(2)
    expect(again.stderr).toContain(`${out}: is not empty, expected a new folder`)
  }, 120_000)

  it('says what to do where nothing was kept, and names a run that is not there', async () => {
    const bare = await command('export-weights', runs[1] ?? '', '--out', join(folder, 'bare'))
    expect(bare.code).toBe(2)
    expect(bare.stderr).toContain('keep_weights: all')
    const none = await command('export-weights', 'ffffffffffff', '--out', join(folder, 'none'))
    expect(none.stderr).toContain('run: no run ffffffffffff in')
    expect(none.code).toBe(2)
  }, 120_000)
})
