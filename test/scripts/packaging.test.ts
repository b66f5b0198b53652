import { loadImage } from '@napi-rs/canvas'
import { FuseV1Options } from '@electron/fuses'
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import config from '../../electron-builder.config.js'
import setFuses, { FUSES, programIn } from '../../scripts/fuses.js'
import { ICON_SIZES, makeIcons } from '../../scripts/icons.js'
import { TENSORFLOW_VERSION } from '../../scripts/pins.js'
import { packedLink } from '../../scripts/places.js'
import type { Tools } from '../../scripts/requirements.js'
import { linkStep } from '../../scripts/steps.js'
import { bindingFiles } from '../../src-main/engine/binding'

const root = join(import.meta.dirname, '../..')
const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as { version: string })
    .version

it('the packed program cannot be talked into anything but running its own checked code', () => {
  expect(FUSES).toMatchObject({
    [FuseV1Options.RunAsNode]: false,
    [FuseV1Options.EnableCookieEncryption]: true,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: false,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
    [FuseV1Options.OnlyLoadAppFromAsar]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  })
  const known = Object.values(FuseV1Options).filter((value) => typeof value === 'number')
  expect(known.every((fuse) => fuse in FUSES)).toBe(true)
  expect(config.afterPack).toBe(setFuses)
  expect(config.asar).toBe(true)
})

it('the program is found where each system has it', () => {
  const packager = { appInfo: { productFilename: 'Fairsweep' }, executableName: 'fairsweep' }
  const at = (electronPlatformName: string): string =>
    programIn({ appOutDir: '/dist', electronPlatformName, packager })
  expect(['linux', 'darwin', 'win32'].map(at)).toEqual([
    '/dist/fairsweep',
    '/dist/Fairsweep.app',
    '/dist/Fairsweep.exe',
  ])
})

it('is made for Linux, macOS and Windows, without the tensor engine', () => {
  for (const system of ['linux', 'mac', 'win'] as const) {
    expect(config[system]).toMatchObject({ target: expect.any(Array) as unknown })
  }
  expect(config.files).toContain('!node_modules/@tensorflow/tfjs-node-gpu/{deps,binding}/**')
})

it('is the program for bundles everywhere, and one of several for study files where a system can offer several', () => {
  expect(config.fileAssociations).toMatchObject([{ ext: 'fairsweep', mimeType: 'application/x-fairsweep' }])
  expect(config.linux).toMatchObject({ mimeTypes: ['application/yaml'] })
  expect(config.mac).toMatchObject({ fileAssociations: [{ ext: ['yaml', 'yml'], rank: 'Alternate' }] })
  expect(config.win).not.toHaveProperty('fileAssociations')
})

it('Electron and better-sqlite3 are the pair that the manual names', () => {
  const manual = readFileSync(join(root, 'docs/setup.md'), 'utf8')
  const abi = readFileSync(join(root, 'node_modules/electron/abi_version'), 'utf8').trim()
  expect(manual).toContain(`Electron ${versionOf('electron')} (module version ${abi})`)
  expect(manual).toContain(`better-sqlite3 ${versionOf('better-sqlite3')}`)
})

it('what other programs and native code read lies beside the archive', () => {
  for (const part of ['resources/**', 'scripts/**', 'package.json', 'node_modules/@tensorflow/**'])
    expect(config.asarUnpack).toContain(part)
})

it('the library is linked where the packed program looks for it, and anew for another build of it', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'fairsweep-link-'))
  try {
    const [cpu, cuda] = [join(cache, 'tensorflow/cpu'), join(cache, 'tensorflow/cuda')]
    for (const library of [cpu, cuda]) {
      expect(linkStep(cache, library).can?.({} as Tools)).toBe(false)
      mkdirSync(library, { recursive: true })
      const step = linkStep(cache, library)
      expect([step.isDone(), step.can?.({} as Tools)]).toEqual([false, true])
      await step.run({} as never)
      expect(step.isDone()).toBe(true)
      expect(readlinkSync(join(cache, 'tensorflow', packedLink))).toBe(library)
    }
    expect(linkStep(cache, cpu).isDone()).toBe(false)
  } finally {
    rmSync(cache, { recursive: true })
  }
})

const { binding, library, quiet } = bindingFiles()
it.skipIf(!existsSync(library))('the packed binding finds TensorFlow by the link in the cache', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairsweep-packed-'))
  try {
    // As it is packed: the two addons, and no library beside them.
    const lib = join(folder, 'program/lib/napi-v8')
    for (const file of [quiet, binding]) cpSync(file, join(lib, basename(file)))
    mkdirSync(join(folder, 'cache/tensorflow'), { recursive: true })
    symlinkSync(realpathSync(dirname(library)), join(folder, 'cache/tensorflow', packedLink))
    const load = [quiet, binding].map((file) => `require(${JSON.stringify(join(lib, basename(file)))})`)
    const env = { ...process.env, FAIRSWEEP_CACHE: join(folder, 'cache') }
    const said = execFileSync(process.execPath, ['-p', `${load.join(';')}.TF_Version`], { env })
    expect(said.toString().trim()).toBe(TENSORFLOW_VERSION)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('icons of every size are drawn from the one drawing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairsweep-icons-'))
  try {
    await makeIcons(folder)
    for (const size of ICON_SIZES) {
      const { width, height } = await loadImage(join(folder, `${size}x${size}.png`))
      expect([width, height]).toEqual([size, size])
    }
    expect(readFileSync(join(folder, '1024x1024.png')).length).toBeGreaterThan(5_000)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
