import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasPackages, refuseLinkedPackages } from '../../scripts/packages.js'
import { cacheFolder, packedLink, root } from '../../scripts/places.js'
import { createReport } from '../../scripts/report.js'
import { setUp } from '../../scripts/setup.js'
import type { Step } from '../../scripts/steps.js'
import { installation, locate } from '../../src-main/installation'

let folder: string
let said: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-setup-'))
  said = ''
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const stream = {
  isTTY: false,
  write: (text: string) => ((said += text), true),
} as unknown as NodeJS.WriteStream
const run = (steps: Step[]) => setUp({ cache: folder, report: createReport(stream), steps })

function step(title: string, options: Partial<Step> = {}): Step & { runs: number } {
  const made: Step & { runs: number } = {
    title,
    runs: 0,
    isDone: (): boolean => made.runs > 0,
    run: () => {
      made.runs++
      return Promise.resolve()
    },
    ...options,
  }
  return made
}

describe('setUp()', () => {
  it('runs each step once, with its name and time, and says nothing the second time', async () => {
    const steps = [step('bringing this'), step('building that')]
    expect(await run(steps)).toEqual({ stepsRun: 2, leftOut: 0 })
    expect(said).toMatch(/✓ bringing this \(0\.\d s\)\n[^✓]*✓ building that \(0\.\d s\)\n/)
    said = ''
    expect(await run(steps)).toEqual({ stepsRun: 0, leftOut: 0 })
    expect(said).toBe('')
    expect(steps.map(({ runs }) => runs)).toEqual([1, 1])
  })

  it('goes on after a failure where it failed', async () => {
    const first = step('first')
    const third = step('third')
    const broken = step('second', { run: () => Promise.reject(new Error('the line is down')) })
    await expect(run([first, broken, third])).rejects.toThrow('the line is down')
    expect(third.runs).toBe(0)
    await run([first, step('second'), third])
    expect([first.runs, third.runs]).toEqual([1, 1])
  })

  it('leaves out a step whose tools are missing, says what follows, and runs the rest', async () => {
    const needy = step('needy', { can: () => false, otherwise: 'training uses the wasm engine' })
    const other = step('other')
    expect(await run([needy, other])).toEqual({ stepsRun: 1, leftOut: 1 })
    expect(needy.runs).toBe(0)
    expect(said).toContain('! training uses the wasm engine')
  })
})

describe('hasPackages()', () => {
  const lock = (file: string, packages: object) =>
    writeFileSync(join(folder, file), JSON.stringify({ packages }))
  const record = 'node_modules/.package-lock.json'
  beforeEach(() => mkdirSync(join(folder, 'node_modules')))

  it('is false when nothing was installed', () => {
    lock('package-lock.json', { '': {}, 'node_modules/a': { version: '1.0.0' } })
    expect(hasPackages(folder)).toBe(false)
  })

  it('is true when every package is there in its version, and optional ones for other platforms are not', () => {
    lock('package-lock.json', {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0', optional: true },
    })
    lock(record, { 'node_modules/a': { version: '1.0.0' } })
    expect(hasPackages(folder)).toBe(true)
  })

  it('is false when a package is missing or of another version', () => {
    lock('package-lock.json', {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '1.0.0' },
    })
    lock(record, { 'node_modules/a': { version: '1.0.0' } })
    expect(hasPackages(folder)).toBe(false)
    lock(record, { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.1' } })
    expect(hasPackages(folder)).toBe(false)
  })
})

describe('refuseLinkedPackages()', () => {
  it("keeps npm from emptying another checkout's packages", () => {
    const other = join(folder, 'other')
    mkdirSync(other)
    symlinkSync(other, join(folder, 'node_modules'))
    expect(() => refuseLinkedPackages(folder)).toThrow(`node_modules is a link to ${other}`)
  })

  it('lets a folder of its own, or none, be', () => {
    refuseLinkedPackages(folder)
    mkdirSync(join(folder, 'node_modules'))
    refuseLinkedPackages(folder)
  })
})

describe('places', () => {
  it('are the same for set-up and for the program', () => {
    expect(installation).toMatchObject({ root, cache: cacheFolder() })
    expect(installation.engineSetUp).toBe(join(root, 'scripts/install-engine.js'))
    expect(installation.packedTensorFlow).toBe(join(cacheFolder(), 'tensorflow', packedLink))
  })

  it('of the packed program: what is not read by Electron itself lies beside the archive', () => {
    const archive = join(folder, 'app.asar')
    mkdirSync(join(archive, 'out/main'), { recursive: true })
    writeFileSync(join(archive, 'package.json'), '{"name": "fairsweep", "version": "1.0.0"}')
    const packed = locate(join(archive, 'out/main'))
    expect(packed).toMatchObject({
      isPacked: true,
      workerEntry: join(archive, 'out/main/worker.js'),
      resources: `${archive}.unpacked/resources`,
      migrations: `${archive}.unpacked/resources/migrations`,
      engineSetUp: `${archive}.unpacked/scripts/install-engine.js`,
    })
  })

  it('follow FAIRSWEEP_CACHE, then XDG_CACHE_HOME, then the home folder', () => {
    expect(cacheFolder({ FAIRSWEEP_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a')
    expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe('/b/fairsweep')
    expect(cacheFolder({})).toBe(join(homedir(), '.cache/fairsweep'))
  })
})
