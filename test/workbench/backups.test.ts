import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCaller } from '../../src-main/api/router'
import { openReadableStore, openStore } from '../../src-main/store/store'
import { openWorkbench } from '../../src-main/workbench'
import type { Workbench } from '../../src-main/workbench'
import { plan } from '../store/plans'

let folder: string
let workspace: string
let open: Workbench[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-backups-'))
  workspace = join(folder, 'workspace')
  open = []
})
afterEach(async () => {
  for (const workbench of open) await workbench.close()
  rmSync(folder, { recursive: true, force: true })
})

async function opened(): Promise<Workbench> {
  const workbench = await openWorkbench({ workspace, access: 'owner' })
  open.push(workbench)
  return workbench
}

function withStudy(): void {
  mkdirSync(workspace, { recursive: true })
  const store = openStore(join(workspace, 'history.db'))
  store.saveStudy(plan())
  store.close()
}

const kinds = (workbench: Workbench) => workbench.backups.list().map(({ kind }) => kind)

describe('copies of the history', () => {
  it('are made on opening, one a day, and of nothing where nothing is', async () => {
    const empty = await opened()
    await empty.backups.daily()
    expect(kinds(empty)).toEqual([])
    await empty.close()

    withStudy()
    const first = await opened()
    await vi.waitFor(() => expect(kinds(first)).toEqual(['daily']))
    await first.backups.daily()
    expect(kinds(first)).toEqual(['daily'])
    await first.close()
  })

  it('of more than a week give way, those that somebody asked for stay', async () => {
    withStudy()
    const backups = join(workspace, 'backups')
    mkdirSync(backups)
    const stamp = (day: number): string => `2026-01-${String(day).padStart(2, '0')}T08-00-00.000Z`
    for (let day = 1; day <= 9; day++) writeFileSync(join(backups, `history-daily-${stamp(day)}.db`), '')
    writeFileSync(join(backups, `history-asked-${stamp(1)}.db`), '')
    writeFileSync(join(backups, `history.db-schema1-${stamp(1)}.sqlite`), '')
    writeFileSync(join(backups, 'notes.txt'), 'mine')
    const workbench = await opened()
    await vi.waitFor(() => expect(kinds(workbench).filter((kind) => kind === 'daily')).toHaveLength(7))
    expect(
      kinds(workbench)
        .filter((kind) => kind !== 'daily')
        .sort(),
    ).toEqual(['asked', 'upgrade'])
    expect(readdirSync(backups)).toContain('notes.txt')
    expect(workbench.backups.list().at(-1)?.at).toBe('2026-01-01T08:00:00.000Z')
  })

  it('become a workspace of their own; this one stays as it is', async () => {
    withStudy()
    const workbench = await opened()
    const api = createCaller({ workbench }).settings
    const told: string[] = []
    workbench.subscribe(({ type }) => told.push(type))
    const made = await api.backUp()
    expect(made).toMatchObject({ kind: 'asked', bytes: expect.any(Number) as number })
    expect(told).toContain('settings-changed')
    const target = join(folder, 'restored')
    expect(await api.restore({ name: made.name, folder: target })).toEqual({ folder: target })
    const restored = openReadableStore(join(target, 'history.db'))
    expect(restored.studies().map(({ name }) => name)).toEqual(['lr-sweep'])
    expect(restored.findDamage()).toEqual([])
    restored.close()

    for (const [order, message] of [
      [{ name: made.name, folder: target }, 'has something in it'],
      [{ name: made.name, folder: 'here' }, 'expected a whole path'],
      [{ name: '../history.db', folder: join(folder, 'x') }, 'there is no backup'],
    ] as const) {
      await expect(api.restore(order)).rejects.toThrow(message)
    }
    expect(existsSync(join(folder, 'x'))).toBe(false)
  })

  it('that are underway when the workbench closes leave nothing half done', async () => {
    withStudy()
    const workbench = await opened()
    const making = workbench.backups.make().catch(() => null)
    await workbench.close()
    await making
    const left = existsSync(join(workspace, 'backups')) ? readdirSync(join(workspace, 'backups')) : []
    expect(left.filter((name) => name.includes('draft'))).toEqual([])
  })
})

describe('a history in a folder that cannot be written to', () => {
  it('is read as it is, older ones too, and the store says so', () => {
    withStudy()
    const path = join(workspace, 'history.db')
    utimesSync(path, new Date(0), new Date(0))
    const before = readdirSync(workspace)
    const store = openReadableStore(path, true)
    expect(store.studies().map(({ name }) => name)).toEqual(['lr-sweep'])
    expect(store.runs().length).toBeGreaterThan(0)
    expect(store.advice).toContain('cannot be written to')
    store.close()
    expect(readdirSync(workspace)).toEqual(before)
  })
})
