import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  copyFileSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bringWheels, sha256 } from '../../scripts/wheel.js'

const NAME = 'some_project-1.0-py3-none-any.whl'

let folder: string
let cache: string
let target: string
let python: string
let wheel: { project: string; version: string; sha256: string; keep: string[] }

/** A Python whose `pip download` brings the file `served`, or does what `misbehaviour` says. */
function serve(misbehaviour = ''): void {
  writeFileSync(
    python,
    `#!/bin/sh
if [ "$2" != pip ]; then exec python3 "$@"; fi
echo called >> "${folder}/calls"
for arg; do case "$arg" in --dest=*) dest="\${arg#--dest=}";; esac; done
${misbehaviour}
cp "${folder}/served/${NAME}" "$dest/"
`,
  )
  chmodSync(python, 0o755)
}

const calls = (): number =>
  existsSync(join(folder, 'calls'))
    ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n').length
    : 0
const bring = (): Promise<void> => bringWheels([wheel], target, { python, cache, progress: () => {} })

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-wheel-'))
  cache = join(folder, 'cache')
  target = join(cache, 'models/it')
  python = join(folder, 'python')
  mkdirSync(join(folder, 'served'))
  execFileSync('python3', [
    '-c',
    `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    z.writestr('pkg/keep/a.txt', 'alpha' * 1000)
    z.writestr('pkg/keep/b/c.txt', 'gamma')
    z.writestr('pkg/leave/d.txt', 'delta')
    program = zipfile.ZipInfo('pkg/keep/run')
    program.external_attr = 0o100755 << 16
    z.writestr(program, '#!/bin/sh')`,
    join(folder, 'served', NAME),
  ])
  wheel = {
    project: 'some-project',
    version: '1.0',
    sha256: await sha256(join(folder, 'served', NAME)),
    keep: ['pkg/keep/'],
  }
  serve()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('bringWheels()', () => {
  it('unpacks what is kept and nothing else, and leaves no download behind', async () => {
    await bring()
    expect(readFileSync(join(target, 'pkg/keep/b/c.txt'), 'utf8')).toBe('gamma')
    expect(statSync(join(target, 'pkg/keep/run')).mode & 0o111).toBe(0o111)
    expect(statSync(join(target, 'pkg/keep/a.txt')).mode & 0o111).toBe(0)
    expect(existsSync(join(target, 'pkg/leave'))).toBe(false)
    expect(readdirSync(join(cache, 'downloads'))).toEqual([])
    expect(existsSync(`${target}.unpacking`)).toBe(false)
  })

  it('refuses a wheel with another hash, names both, and leaves nothing', async () => {
    const right = wheel.sha256
    wheel = { ...wheel, sha256: '0'.repeat(64) }
    await expect(bring()).rejects.toThrow(`its SHA-256 is ${right}, expected ${'0'.repeat(64)}`)
    expect(existsSync(target)).toBe(false)
    expect(readdirSync(join(cache, 'downloads'))).toEqual([])
  })

  it('does not take a part for the whole when the download is cut off, and then goes on', async () => {
    serve(`head -c 100 "${folder}/served/${NAME}" > "$dest/${NAME}"; kill -9 $$`)
    await expect(bring()).rejects.toThrow('downloading some-project 1.0 was ended by SIGKILL')
    expect(existsSync(target)).toBe(false)
    serve()
    await bring()
    expect(existsSync(join(target, 'pkg/keep/a.txt'))).toBe(true)
  })

  it('does not fetch again what an interrupted set-up had fetched whole', async () => {
    mkdirSync(join(cache, 'downloads'), { recursive: true })
    copyFileSync(join(folder, 'served', NAME), join(cache, 'downloads', NAME))
    await bring()
    expect(calls()).toBe(0)
    expect(existsSync(join(target, 'pkg/keep/a.txt'))).toBe(true)
  })

  it('fetches again what lies there truncated', async () => {
    mkdirSync(join(cache, 'downloads'), { recursive: true })
    copyFileSync(join(folder, 'served', NAME), join(cache, 'downloads', NAME))
    truncateSync(join(cache, 'downloads', NAME), 50)
    await bring()
    expect(calls()).toBe(1)
    expect(existsSync(join(target, 'pkg/keep/a.txt'))).toBe(true)
  })

  it('starts over where unpacking was interrupted', async () => {
    mkdirSync(`${target}.unpacking/pkg/leave`, { recursive: true })
    await bring()
    expect(existsSync(join(target, 'pkg/leave'))).toBe(false)
  })

  it('says what pip said when pip fails', async () => {
    serve('echo "no route to the index"; exit 1')
    await expect(bring()).rejects.toThrow(/failed with exit code 1.*\nno route to the index/)
  })

  it('says so when the wheel lacks what is to be kept', async () => {
    wheel = { ...wheel, keep: ['pkg/absent'] }
    await expect(bring()).rejects.toThrow('the wheel holds no pkg/absent')
    expect(existsSync(target)).toBe(false)
  })
})
