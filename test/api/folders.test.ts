import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCaller } from '../../src-main/api/router'
import type { Workbench } from '../../src-main/workbench'

/** A listing asks nothing of the workbench. */
const api = createCaller({ workbench: Object.create(null) as Workbench })
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-folders-'))
  for (const name of ['run 10', 'run 9', '.hidden', 'closed']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'file.txt'), '')
  symlinkSync(join(folder, 'run 9'), join(folder, 'link'))
  symlinkSync(join(folder, 'file.txt'), join(folder, 'link to a file'))
  symlinkSync(join(folder, 'nowhere'), join(folder, 'broken'))
})
afterAll(() => {
  chmodSync(join(folder, 'closed'), 0o700)
  rmSync(folder, { recursive: true })
})

describe('the folders of a folder', () => {
  it('are listed by name, links to folders too, no files, hidden ones when asked for', async () => {
    const listing = await api.folders.list({ path: folder })
    expect(listing).toMatchObject({ path: folder, parent: tmpdir(), left: 0, separator: '/' })
    expect(listing.folders).toEqual(['closed', 'link', 'run 9', 'run 10'])
    const all = await api.folders.list({ path: folder, hidden: true })
    expect(all.folders).toContain('.hidden')
    expect((await api.folders.list({ path: '/' })).parent).toBeNull()
  })

  it('are those of the home folder without a path, and of the nearest one above where it is still to be made', async () => {
    expect((await api.folders.list({})).path).toBe(homedir())
    expect((await api.folders.list({ path: join(folder, 'run 9', 'new', 'one') })).path).toBe(
      join(folder, 'run 9'),
    )
    expect((await api.folders.list({ path: join(folder, 'file.txt') })).path).toBe(folder)
  })

  it('are refused in words where the path is not whole', async () => {
    await expect(api.folders.list({ path: 'models' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining("found 'models', expected a whole path") as string,
    })
  })

  it.skipIf(process.getuid?.() === 0)('are refused in words where they may not be read', async () => {
    chmodSync(join(folder, 'closed'), 0o000)
    await expect(api.folders.list({ path: join(folder, 'closed') })).rejects.toThrow(
      'cannot be read (EACCES)',
    )
  })
})
