import Database from 'better-sqlite3'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { runProgram } from '../../src-main/cli/program'
import { openStore } from '../../src-main/store/store'
import { tinyStudy, writeTinyImages } from '../e2e/tiny-study'

let folder: string
const home = process.cwd()

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-garbage-'))
  writeTinyImages(join(folder, 'images'))
  writeFileSync(join(folder, 'good.yaml'), tinyStudy())
  const files: Record<string, string | Buffer> = {
    'noise.yaml': Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x13]),
    'not.yaml': 'name: [unclosed',
    'key.yaml': tinyStudy({ learning_rate: '1e-3' }),
    'type.yaml': tinyStudy({ seeds: 'many' }),
    'task.yaml': tinyStudy({ task: '{kind: idx-images, dir: nowhere, patch: 4}' }),
    'patch.yaml': tinyStudy({ task: '{kind: idx-images, dir: images, patch: 3}' }),
    'model.yaml': tinyStudy({ model: '{path: nowhere}' }),
    'positions.yaml': tinyStudy({ model: '{kind: gpt2, layers: 1, width: 16, heads: 2, positions: 2}' }),
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  writeFileSync(join(folder, 'file'), 'not a workspace')
  process.chdir(folder)
  writeBadDatabases()
})
afterAll(() => {
  process.chdir(home)
  rmSync(folder, { recursive: true, force: true })
})

/** Workspaces by name, with what is said of their databases. */
const BAD_DATABASES = { noise: 'not a Fairsweep history', newer: 'newer Fairsweep', folder: 'no file' }

function writeBadDatabases(): void {
  for (const workspace of Object.keys(BAD_DATABASES)) mkdirSync(workspace)
  writeFileSync('noise/history.db', Buffer.alloc(5000, 'noise'))
  mkdirSync('folder/history.db')
  openStore('newer/history.db').close()
  const newer = new Database('newer/history.db')
  newer.pragma('user_version = 99')
  newer.close()
}

/** Runs a command line in this process, as the built program would. */
async function answer(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text)
      return true
    }),
  )
  vi.stubEnv('FAIRSWEEP_WORKSPACE', join(folder, 'workspace'))
  const code = await runProgram(args)
  for (const spy of spies) spy.mockRestore()
  return { code, ...printed }
}

it.each([
  [['frobnicate'], "unknown command 'frobnicate'"],
  [['run'], "missing required argument 'study'"],
  [['run', 'good.yaml', '--fast'], "unknown option '--fast'"],
  [['run', 'good.yaml', 'bad.yaml'], 'too many arguments'],
  [['run', 'nowhere.yaml'], 'nowhere.yaml'],
  [['run', '.'], 'expected a study file'],
  [['run', 'noise.yaml'], 'not UTF-8'],
  [['run', 'not.yaml'], 'not.yaml:1'],
  [['run', 'key.yaml'], 'learning_rate'],
  [['run', 'type.yaml'], 'type.yaml:6: seeds'],
  [['run', 'task.yaml'], 'nowhere'],
  [['run', 'patch.yaml'], 'patch.yaml:2: task'],
  [['run', 'model.yaml'], 'nowhere'],
  [['run', 'positions.yaml'], 'has 4 tokens, expected at most 2'],
  [['compare', 'nothing'], "no study 'nothing'"],
  [['compare', 'nothing', '--other-rate', 'fast'], "--other-rate: found 'fast'"],
  [
    ['report', 'nothing', '--out', 'there', '--figure-size', '85'],
    "--figure-size: found '85', expected millimetres",
  ],
  [
    ['report', 'nothing', '--out', 'there', '--figure-size', '85x2'],
    "--figure-size: found '2', expected a height",
  ],
  [
    ['report', 'nothing', '--out', 'there', '--label-size', 'big'],
    "--label-size: found 'big', expected points",
  ],
  [
    ['report', 'nothing', '--out', 'there', '--font', 'comic'],
    "--font: found 'comic', expected inter, arimo, tinos",
  ],
  [['runs', '--filter', 'lr <'], '--filter: column 5'],
  [['runs', '--limit', '-1'], "--limit: found '-1'"],
  [['runs', '--study', 'nothing'], "no study 'nothing'"],
  [['export', 'nothing', '--format', 'xml'], "--format: found 'xml'"],
  [['serve', '--port', 'high'], "--port: found 'high'"],
  [['models', 'add', './nowhere'], 'nowhere'],
  [['models', 'remove', 'nothing'], 'no model "nothing"'],
  [['import', 'nowhere.csv', '--as', 'x'], 'nowhere.csv: cannot be read'],
  [['export-weights', 'abc', '--out', 'x'], 'no run abc'],
])('%j is answered with one clear message and exit code 2', async (args, words) => {
  const { code, stdout, stderr } = await answer(args)
  expect(stderr).toContain(words)
  expect(stderr).not.toMatch(/\n +at /)
  expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2)
  expect(stdout).toBe('')
  expect(code).toBe(2)
})

it('a workspace that cannot be one is an input error', async () => {
  const { code, stderr } = await answer(['run', 'good.yaml', '--workspace', 'file'])
  expect(code).toBe(2)
  expect(stderr).toContain('cannot be made a folder')
})

it.each([
  ['run', 'good.yaml'],
  ['status'],
  ['runs'],
  ['export', 'x'],
  ['report', 'x', '--out', 'report'],
  ['models'],
])('%s refuses a workspace that is a file, or whose database is none', async (...args) => {
  const asFile = await answer([...args, '--workspace', 'file'])
  expect(asFile).toMatchObject({ code: 2, stdout: '' })
  expect(asFile.stderr).toMatch(/^\S*file: (found no folder|cannot be made a folder).*\n$/)
  for (const [workspace, words] of Object.entries(BAD_DATABASES)) {
    const { code, stdout, stderr } = await answer([...args, '--workspace', workspace])
    expect(stderr).toMatch(new RegExp(`^\\S*${workspace}/history.db: .*${words}.*\\n$`))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  }
})

it.each([['stop', 'x'], ['compare', 'x', '--reveal-test'], ['status'], ['runs']])(
  '%s does not make a workspace that was mistyped',
  async (...args) => {
    await answer([...args, '--workspace', 'mistyped'])
    expect(existsSync('mistyped')).toBe(false)
  },
)

it.runIf(existsSync('/proc/self'))(
  'a folder where none can be is refused at once, not tried for ever',
  async () => {
    const { code, stderr } = await answer(['run', 'good.yaml', '--workspace', '/proc/nowhere/at/all'])
    expect(stderr).toContain('/proc/nowhere/at/all: cannot be made a folder')
    expect(code).toBe(2)
  },
)

it('flags after `models add` are heard', async () => {
  const { code, stderr } = await answer(['models', 'add', '.', '--workspace', 'file'])
  expect(stderr).toContain('found no folder, expected a workspace')
  expect(code).toBe(2)
})

it('help is no error', async () => {
  expect(await answer(['--help'])).toMatchObject({ code: 0, stderr: '' })
  expect((await answer(['run', '--help'])).stdout).toContain('--dry-run')
})
