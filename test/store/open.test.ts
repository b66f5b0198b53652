import Database from 'better-sqlite3'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openWritable } from '../../src-main/store/database'
import { networkFileSystem } from '../../src-main/store/filesystem'
import { writableStore } from '../../src-main/store/open'
import { openReadableStore, openStore, StoreError } from '../../src-main/store/store'
import { losses, plan, START } from './plans'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-open-'))
  path = join(folder, 'fairsweep.sqlite')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const refusal = (open: () => unknown): StoreError => {
  try {
    open()
  } catch (error) {
    if (error instanceof StoreError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** A closed history with a study, and points over many pages. */
function filled(): string {
  const store = openStore(path)
  store.saveStudy(plan())
  for (const { id } of store.runs()) {
    store.begin(id, START)
    store.append(id, [losses(1, 20_000)])
  }
  store.close()
  return path
}

describe('a history', () => {
  it('is there again when it is opened again', () => {
    const store = openStore(filled())
    expect(store.studies()).toHaveLength(1)
    expect(store.series(store.runs()[0]!.id, 'train/loss').steps).toHaveLength(20_000)
    expect(store.advice).toBeNull()
    store.close()
  })

  it('survives power loss by its settings', () => {
    const db = openWritable(path)
    const pragmas = [
      'journal_mode',
      'synchronous',
      'foreign_keys',
      'trusted_schema',
      'busy_timeout',
      'journal_size_limit',
      'mmap_size',
    ]
    // Read after a first write: better-sqlite3's build turns synchronous down when it first touches a WAL database.
    writableStore(db).saveStudy(plan())
    expect(pragmas.map((name) => db.pragma(name, { simple: true }))).toEqual([
      'wal',
      2,
      1,
      0,
      5000,
      64 * 2 ** 20,
      0,
    ])
    db.close()
  })

  it('has one writer, also within one process, until that closes', () => {
    const store = openStore(path)
    expect(refusal(() => openStore(path)).code).toBe('writer-active')
    store.close()
    openStore(path).close()
  })

  it('can be read beside its writer and not written through what reads it', () => {
    const writer = openStore(path)
    const reader = openReadableStore(path)
    writer.saveStudy(plan())
    expect(reader.countRuns()).toBe(4)
    expect(Object.keys(reader)).not.toContain('append')
    reader.close()
    writer.close()
  })

  it('that does not exist is not made by looking at it', () => {
    expect(refusal(() => openReadableStore(path))).toMatchObject({
      code: 'missing',
      message: expect.stringContaining(path) as string,
    })
    expect(existsSync(path)).toBe(false)
  })

  it('lets go of the writer’s lock when it cannot be opened', () => {
    writeFileSync(path, 'no database at all, but long enough to look like one'.repeat(100))
    refusal(() => openStore(path))
    rmSync(path)
    openStore(path).close()
  })
})

describe('a file that cannot be used', () => {
  it('is refused with its name: a writer’s lock that cannot be opened', () => {
    mkdirSync(`${path}.writer`)
    expect(refusal(() => openStore(path))).toMatchObject({
      code: 'not-writable',
      message: expect.stringContaining(`${path}.writer`) as string,
    })
  })

  it('is refused and left as it is: text', () => {
    const text = 'no database at all, but long enough to look like one'.repeat(100)
    writeFileSync(path, text)
    expect(refusal(() => openStore(path)).code).toBe('not-a-history')
    expect(refusal(() => openReadableStore(path)).code).toBe('not-a-history')
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('is refused and left as it is: the database of another program', () => {
    const other = new Database(path)
    other.exec('CREATE TABLE theirs (x)')
    other.close()
    const before = readFileSync(path)
    expect(refusal(() => openStore(path))).toMatchObject({
      code: 'not-a-history',
      message: expect.stringContaining('not a Fairsweep history') as string,
    })
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('is refused and left as it is: pages overwritten', () => {
    filled()
    const bytes = readFileSync(path)
    bytes.fill(0, 4096, 4096 * 12)
    writeFileSync(path, bytes)
    expect(refusal(() => openStore(path))).toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('backups') as string,
    })
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  it('never yields a wrong point: flips anywhere are refused, reported, or change nothing that was logged', () => {
    filled()
    const whole = readFileSync(path)
    const copy = join(folder, 'copy.sqlite')
    const points = losses(1, 20_000)
    let noticed = 0
    const flips = 40
    for (let flip = 0; flip < flips; flip++) {
      const bytes = Buffer.from(whole)
      // Beyond the schema and small tables, where the packed points are.
      const at = Math.floor(bytes.length * (0.55 + (0.45 * flip) / flips))
      bytes[at]! ^= 1 << (flip % 8)
      writeFileSync(copy, bytes)
      try {
        const store = openStore(copy)
        try {
          const damage = store.findDamage()
          noticed += damage.length > 0 ? 1 : 0
          for (const { id } of store.runs()) {
            const { steps, values, damaged } = store.series(id, 'train/loss')
            if (damaged.length > 0) continue
            expect(Buffer.from(steps.buffer).equals(Buffer.from(points.steps.buffer))).toBe(true)
            expect(Buffer.from(values.buffer).equals(Buffer.from(points.values.buffer))).toBe(true)
          }
        } finally {
          store.close()
        }
      } catch (error) {
        expect(error).toBeInstanceOf(StoreError)
        noticed++
      }
    }
    expect(noticed).toBeGreaterThan(flips * 0.8)
  })
})

describe('when the disk is full', () => {
  it('says so, keeps what was acknowledged, and goes on when there is room again', () => {
    const db = openWritable(path)
    const store = writableStore(db)
    store.saveStudy(plan())
    const { id } = store.runs()[0]!
    store.begin(id, START)
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 8}`)
    let acked = 0
    const fill = (): void => {
      for (;;) {
        store.append(id, [losses(acked + 1, acked + 2000)])
        acked += 2000
      }
    }
    expect(refusal(fill)).toMatchObject({
      code: 'disk-full',
      message: expect.stringContaining(path) as string,
    })
    expect(store.series(id, 'train/loss').steps).toHaveLength(acked)
    db.pragma('max_page_count = 100000')
    store.append(id, [losses(acked + 1, acked + 2000)])
    expect(store.series(id, 'train/loss').steps).toHaveLength(acked + 2000)
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    store.close()
  })
})

describe('a copy beside a running writer', () => {
  it('of all its files opens with everything that was committed', () => {
    const store = openStore(path)
    store.saveStudy(plan())
    const copy = join(folder, 'copy.sqlite')
    for (const end of ['', '-wal']) copyFileSync(path + end, copy + end)
    const other = openStore(copy)
    expect(other.countRuns()).toBe(4)
    other.close()
    store.close()
  })
})

describe('network file systems', () => {
  it.each([
    [0x6969, 'NFS'],
    [0xff534d42, 'CIFS'],
    [0x0bd00bd0, 'Lustre'],
    [0x47504653, 'GPFS'],
    [0x65735546, 'FUSE'],
    [0x01021997, '9P'],
  ])('of type %i are known as %s', (type, name) => {
    expect(networkFileSystem('/home/me/fairsweep.sqlite', () => type)).toBe(name)
    // statfs may hand out the type as a signed 32-bit number.
    expect(networkFileSystem('/home/me/fairsweep.sqlite', () => type | 0)).toBe(name)
  })

  it.each([
    [0xef53, 'ext4'],
    [0x9123683e, 'btrfs'],
    [0x58465342, 'xfs'],
    [0x01021994, 'tmpfs'],
    [0x794c7630, 'overlayfs'],
    [0x2fc12fc1, 'zfs'],
    [1, 'unknown'],
  ])('are not seen in type %i (%s)', (type) => {
    expect(networkFileSystem('/home/me/fairsweep.sqlite', () => type)).toBeNull()
  })

  it('are not where this test keeps its files', () => {
    expect(statSync(folder).isDirectory()).toBe(true)
    expect(networkFileSystem(path)).toBeNull()
  })
})
