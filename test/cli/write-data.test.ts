import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { runProgram } from '../../src-main/cli/program'
import { filesOf } from '../../src-main/library/task-data'
import { openTask } from '../../src-main/tasks'
import type { Split } from '../../src-main/tasks/task'

let folder: string
const out = (): string => join(folder, 'new', 'listops')
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'fairsweep-write-data-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const OPTIONS = {
  ...{ min_length: 5, max_length: 40, max_depth: 10, max_args: 10, data_seed: 3 },
  ...{ train_examples: 450, validation_examples: 6, test_examples: 7 },
}
const asFlags = (options: object): string[] =>
  Object.entries(options).flatMap(([key, value]) => ['--option', `${key}=${value}`])

async function write(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text)
      return true
    })
  }
  try {
    return { code: await runProgram(['data', 'write', ...args]), ...printed }
  } finally {
    for (const stream of ['stdout', 'stderr'] as const) vi.mocked(process[stream].write).mockRestore()
  }
}

it("writes LRA's files, which a task reads as the examples that it draws itself", async () => {
  const { code, stdout } = await write('listops', '--out', out(), '--json', ...asFlags(OPTIONS))
  expect(code).toBe(0)
  const names = ['basic_train.tsv', 'basic_val.tsv', 'basic_test.tsv']
  expect(JSON.parse(stdout)).toEqual({ files: names.map((name) => join(out(), name)) })
  expect(readdirSync(join(folder, 'new'))).toEqual(['listops'])
  const drawn = await openTask({ kind: 'listops', options: OPTIONS, files: {} })
  const spec = { name: 'l', kind: 'listops', options: { ...OPTIONS, dir: out() } }
  const read = await openTask({ ...spec, files: await filesOf(spec, folder) })
  for (const split of ['train', 'validation', 'test'] as const) {
    const [one, other] = [drawn[split] as Split, read[split] as Split]
    expect(other.size).toBe(one.size)
    const numbers = Array.from({ length: one.size }, (_, i) => i)
    const [ours, theirs] = [one.batch(numbers), other.batch(numbers)]
    expect(theirs.y).toEqual(ours.y)
    expect(theirs.lengths).toEqual(ours.lengths)
    const [width, length] = [drawn.input.tokens, read.input.tokens]
    numbers.forEach((i) => {
      const whole = [...ours.x.subarray(i * width, (i + 1) * width)]
      const again = [...theirs.x.subarray(i * length, (i + 1) * length)]
      expect(again).toEqual(whole.slice(0, length))
    })
  }
})

it.each([
  [['mnist'], "found 'mnist', expected listops"],
  [['listops', '--option', 'max_length'], "--option: found 'max_length', expected KEY=VALUE"],
  [['listops', '--option', 'max_lenght=9'], 'max_lenght: unknown key; did you mean max_length?'],
  [['listops', '--option', 'max_args=1'], 'max_args: found 1, expected a whole number from 2'],
  [['listops', '--option', 'padding=masked'], 'padding: unknown key'],
])('refuses %j, and writes nothing', async (args, message) => {
  const { code, stderr } = await write(...args, '--out', out())
  expect(code).toBe(2)
  expect(stderr).toContain(message)
  expect(existsSync(out())).toBe(false)
})

it('touches no folder that holds something', async () => {
  mkdirSync(out(), { recursive: true })
  writeFileSync(join(out(), 'theirs'), '')
  const { code, stderr } = await write('listops', '--out', out(), ...asFlags(OPTIONS))
  expect(code).toBe(2)
  expect(stderr).toContain('is not empty, expected a new folder')
  expect(readdirSync(out())).toEqual(['theirs'])
})
