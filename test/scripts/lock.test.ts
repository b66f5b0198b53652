import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withLock } from '../../scripts/lock.js'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-lock-'))
  file = join(folder, 'setup.lock')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Another process that takes the lock, notes when it is inside, and leaves after a while. */
function contender(name: string): Promise<number | null> {
  const code = `
    import { appendFileSync } from 'node:fs'
    import { withLock } from ${JSON.stringify(pathToFileURL('scripts/lock.js').href)}
    const note = (word) => appendFileSync(${JSON.stringify(join(folder, 'notes'))}, word + '\\n')
    await withLock(${JSON.stringify(file)}, async () => {
      note('in ${name}')
      await new Promise((resolve) => setTimeout(resolve, 100))
      note('out ${name}')
    }, () => {})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' })
  return new Promise((resolve) => child.once('exit', resolve))
}

describe('withLock()', () => {
  it('lets processes in one after the other', async () => {
    expect(await Promise.all(['a', 'b', 'c'].map(contender))).toEqual([0, 0, 0])
    const notes = readFileSync(join(folder, 'notes'), 'utf8').trim().split('\n')
    expect(notes).toHaveLength(6)
    for (let i = 0; i < 6; i += 2) expect(notes[i + 1]).toBe(notes[i]?.replace('in', 'out'))
  })

  it('takes over the lock of a process that is gone, without a word', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await new Promise((resolve) => child.once('exit', resolve))
    writeFileSync(file, `${child.pid}\n`)
    const waits: number[] = []
    expect(
      await withLock(
        file,
        () => Promise.resolve('done'),
        (owner) => waits.push(owner),
      ),
    ).toBe('done')
    expect(waits).toEqual([])
  })

  it('says once whom it waits for', async () => {
    writeFileSync(file, `${process.ppid}\n`)
    const waits: number[] = []
    const work = withLock(
      file,
      () => Promise.resolve('done'),
      (owner) => waits.push(owner),
    )
    await new Promise((resolve) => setTimeout(resolve, 500))
    rmSync(file)
    expect(await work).toBe('done')
    expect(waits).toEqual([process.ppid])
  })

  it('is free again after work that fails', async () => {
    const fail = withLock(
      file,
      () => Promise.reject(new Error('no')),
      () => {},
    )
    await expect(fail).rejects.toThrow('no')
    expect(existsSync(file)).toBe(false)
  })
})
