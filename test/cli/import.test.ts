import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { importSchema } from '../../src-main/cli/commands/import'
import { runProgram } from '../../src-main/cli/program'
import { openStore } from '../../src-main/store/store'
import { plan } from '../store/plans'

const PAPER = resolve(import.meta.dirname, '../../resources/examples/paper-table1.csv')

let folder: string
let theirs: string
const workspace = (): string => join(folder, 'workspace')
const database = (): string => join(workspace(), 'history.db')
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-import-command-'))
  theirs = join(folder, 'theirs.csv')
  const rows = ['frozen', 'full'].flatMap((setting, i) =>
    [1e-4, 1e-3].flatMap((rate, j) =>
      [0, 1].map((seed) => `${setting},${rate},${seed},${50 + 10 * i + 5 * j + seed},x`),
    ),
  )
  writeFileSync(theirs, ['setting,lr,seed,val_acc,mood', ...rows].join('\n'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

async function fairsweep(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text)
      return true
    })
  }
  try {
    return { code: await runProgram([...args, '--workspace', workspace()]), ...printed }
  } finally {
    for (const stream of ['stdout', 'stderr'] as const) vi.mocked(process[stream].write).mockRestore()
  }
}

it('shows with --dry-run what it takes for what, and touches nothing', async () => {
  const { code, stdout } = await fairsweep('import', theirs, '--dry-run')
  expect(code).toBe(0)
  for (const part of [
    '8 runs in theirs.csv (csv)',
    'learning_rate  lr',
    'val_acc (percent)',
    'fields not taken over: mood',
    'accuracy: percent',
  ]) {
    expect(stdout).toContain(part)
  }
  expect(existsSync(workspace())).toBe(false)
})

it('imports, says what it added, and the second time adds nothing', async () => {
  const first = await fairsweep('import', theirs, '--json')
  expect(importSchema.parse(JSON.parse(first.stdout))).toMatchObject({
    study: 'theirs',
    runs: 8,
    unmapped: { fields: ['mood'] },
    outcome: { added: 8, known: 0 },
  })
  const second = await fairsweep('import', theirs)
  expect(second.stdout).toContain(
    'theirs: 0 runs added with 0 points, 8 there already. Their seal cannot be vouched for.',
  )
  const compared = await fairsweep('compare', 'theirs')
  expect(compared.stdout).toContain('Imported (csv): the seal of its test scores cannot be vouched for.')
  expect(compared.stdout).toMatch(/full +1e-3 \(edge\) +65\.5 ± 0\.5 \(2\)/)
})

it('puts the numbers of a paper beside a study that is trained here, but no runs into it', async () => {
  await fairsweep('import', theirs)
  const store = openStore(database())
  store.saveStudy(plan())
  store.close()
  expect((await fairsweep('import', PAPER, '--as', 'lr-sweep')).code).toBe(0)
  const { stdout } = await fairsweep('compare', 'lr-sweep')
  expect(stdout).toContain('frozen-pretrained    98.5 ± 0.1 (n = 3)  gpt2   Rothermel et al. 2021, Table 1')
  const refused = await fairsweep('import', theirs, '--as', 'lr-sweep')
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('is trained here')])
})

it('refuses by name what cannot be: names, files, mappings, training an imported study', async () => {
  await fairsweep('import', theirs)
  for (const [args, message] of [
    [['import', theirs, '--as', 'a/b'], '--as: found'],
    [['import', join(folder, 'nothing.csv')], 'nothing.csv: cannot be read (ENOENT)'],
    [['import', theirs, '--mapping', theirs], 'theirs.csv:1: found'],
    [['run', 'theirs'], "the study 'theirs' was imported; it can be compared, not trained"],
  ] as const) {
    const { code, stderr } = await fairsweep(...args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  }
})

it('takes a study to another workspace as one file', async () => {
  await fairsweep('import', theirs)
  await fairsweep('import', PAPER, '--as', 'theirs')
  const out = join(folder, 'out')
  const exported = await fairsweep(
    'export',
    'theirs',
    '--format',
    'bundle,parquet',
    '--metrics',
    '--out',
    out,
    '--json',
  )
  expect(JSON.parse(exported.stdout)).toEqual({
    files: ['theirs.runs.parquet', 'theirs.points.parquet', 'theirs.fairsweep'].map((name) =>
      join(out, name),
    ),
  })
  const compared = (await fairsweep('compare', 'theirs')).stdout
  rmSync(workspace(), { recursive: true })
  const bundle = join(out, 'theirs.fairsweep')
  const looked = await fairsweep('import', bundle, '--dry-run')
  expect([looked.code, looked.stdout]).toEqual([0, '8 runs of one study in theirs.fairsweep (bundle)\n'])
  expect(existsSync(workspace())).toBe(false)
  const { stdout } = await fairsweep('import', bundle, '--json')
  expect(importSchema.parse(JSON.parse(stdout))).toMatchObject({
    from: 'bundle',
    study: 'theirs',
    outcome: { added: 8, published: { added: 16 } },
  })
  expect((await fairsweep('compare', 'theirs')).stdout).toBe(compared.replaceAll('(csv)', '(bundle)'))
})

it('does not write a bundle to the terminal, nor take a workspace for one', async () => {
  await fairsweep('import', theirs)
  const written = await fairsweep('export', 'theirs', '--format', 'bundle')
  expect([written.code, written.stderr]).toEqual([2, '--out: a bundle is to be written, expected a folder\n'])
  await fairsweep('import', PAPER)
  const whole = await fairsweep('import', database())
  expect([whole.code, whole.stderr]).toEqual([2, expect.stringContaining('expected the one of a bundle')])
})
