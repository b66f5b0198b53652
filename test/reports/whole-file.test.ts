import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeWhole } from '../../src-main/reports/whole-file'

describe('a file that is written whole', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairsweep-export-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  const many = function* (): Generator<string> {
    for (let line = 0; line < 5000; line++) yield `line ${line} of a file larger than one buffer\n`
  }

  it('holds all pieces and replaces what was there', async () => {
    const path = join(folder, 'runs.csv')
    writeFileSync(path, 'old')
    await writeWhole(path, many())
    expect(readFileSync(path, 'utf8')).toBe([...many()].join(''))
    expect(readdirSync(folder)).toEqual(['runs.csv'])
  })

  it('is not touched when the pieces end in an error, and nothing half-written is left', async () => {
    const path = join(folder, 'runs.csv')
    writeFileSync(path, 'old')
    const failing = function* (): Generator<string> {
      yield 'half'
      throw new Error('store went away')
    }
    await expect(writeWhole(path, failing())).rejects.toThrow('store went away')
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['runs.csv'])
  })

  it('in a folder that is not there is an error', async () => {
    await expect(writeWhole(join(folder, 'no/such/file'), ['x'])).rejects.toThrow('ENOENT')
    expect(existsSync(join(folder, 'no'))).toBe(false)
  })
})
