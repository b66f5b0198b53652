import { createHash } from 'node:crypto'
import {
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from './command.js'
import { TENSORFLOW_VERSION } from './pins.js'
import { nodeModules, packedLink, root } from './places.js'

/**
 * The two native addons. Both are built once per user and kept in the cache; a checkout gets a copy.
 */

const nodeGyp = join(nodeModules, 'node-gyp/bin/node-gyp.js')
const prebuildInstall = join(nodeModules, 'prebuild-install/bin.js')
const platform = `${process.platform}-${process.arch}`

/** Where Node's headers are beside Node itself, as an argument for node-gyp; else it looks or fetches them. */
function headers() {
  const prefix = dirname(dirname(process.execPath))
  const folder = existsSync(join(prefix, 'include/node/node.h')) ? prefix : process.env.npm_config_nodedir
  return folder ? [`--nodedir=${folder}`] : []
}

/** @param {string} folder of a package in node_modules */
const versionOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version

/** @param {string} file */
const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 8)

/**
 * Puts a file in place so that nobody ever sees half of it.
 * @param {string} from
 * @param {string} to
 */
function place(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  const partial = `${to}.${process.pid}`
  copyFileSync(from, partial)
  renameSync(partial, to)
}

/**
 * Makes `folder` in the cache by building in a copy of a package's sources.
 * @param {string} cache
 * @param {string} folder
 * @param {(workshop: string) => Promise<readonly string[]>} build gives the files to keep
 */
async function buildOnce(cache, folder, build) {
  if (existsSync(folder)) return
  mkdirSync(cache, { recursive: true })
  const workshop = mkdtempSync(join(cache, 'building-'))
  try {
    const kept = join(workshop, 'kept')
    for (const file of await build(workshop)) place(file, join(kept, file.slice(file.lastIndexOf('/') + 1)))
    mkdirSync(dirname(folder), { recursive: true })
    renameSync(kept, folder)
  } finally {
    rmSync(workshop, { recursive: true, force: true })
  }
}

const sqlite = join(nodeModules, 'better-sqlite3')
const sqlitePreface = join(root, 'scripts/sqlite/object-wrap.h')

/**
 * better-sqlite3's addon for a runtime. It lies where the package looks for the build of exactly this runtime, so
 * Node versions and Electron do not overwrite each other's.
 * @param {string} modules the runtime's module version (process.versions.modules)
 */
const sqliteAddon = (modules) => join(sqlite, `lib/binding/node-v${modules}-${platform}/better_sqlite3.node`)

export const hasSqlite = (modules = process.versions.modules) => existsSync(sqliteAddon(modules))

/**
 * Builds SQLite from its source; without the tools for that, takes the package's prebuilt one.
 * @param {string} cache
 * @param {import('./requirements.js').Tools} tools
 * @param {{ modules: string, gyp: readonly string[] }} runtime `gyp`: what tells node-gyp of the runtime
 */
export async function buildSqlite(
  cache,
  tools,
  runtime = { modules: process.versions.modules, gyp: headers() },
) {
  const { modules, gyp } = runtime
  const name = `better-sqlite3-${versionOf(sqlite)}-${hashOf(sqlitePreface)}-v${modules}-${platform}`
  const built = join(cache, 'addons', name)
  const canBuild = tools.python !== null && tools.compiler !== null
  const command = canBuild ? [nodeGyp, 'rebuild', '--release', '--jobs=max', ...gyp] : [prebuildInstall]
  await buildOnce(cache, built, async (workshop) => {
    const source = join(workshop, 'package')
    cpSync(sqlite, source, { recursive: true, filter: (file) => file !== join(sqlite, 'build') })
    copyFileSync(sqlitePreface, join(source, 'preface.h'))
    try {
      await run(process.execPath, command, {
        cwd: source,
        // Relative to the folder in which make runs.
        env: { ...process.env, CXXFLAGS: `${process.env.CXXFLAGS ?? ''} -include ../preface.h` },
        log: join(cache, 'logs/better-sqlite3.log'),
        title: canBuild ? 'building better-sqlite3' : 'fetching better-sqlite3',
      })
    } catch (error) {
      throw new Error([...tools.problems, error instanceof Error ? error.message : ''].join('\n'))
    }
    return [join(source, 'build/Release/better_sqlite3.node')]
  })
  place(join(built, 'better_sqlite3.node'), sqliteAddon(modules))
}

const tfjsNode = join(nodeModules, '@tensorflow/tfjs-node-gpu')
const quietSource = join(root, 'scripts/engine/quiet.cc')
const BINDING_FILES = ['tfjs_binding.node', 'quiet.node']

/** The cache folder of the built binding: another one for every source it is built from. N-API 8 fits every Node. */
function bindingFolder(/** @type {string} */ cache) {
  return join(
    cache,
    `addons/tfjs-${versionOf(tfjsNode)}-tensorflow-${TENSORFLOW_VERSION}-${hashOf(quietSource)}-${platform}`,
  )
}

/**
 * The binding is in the package and its library is the one in `library`.
 * @param {string} cache
 * @param {string} library
 */
export function hasBinding(cache, library) {
  const link = join(tfjsNode, 'deps/lib')
  if (!existsSync(link) || !lstatSync(link).isSymbolicLink() || readlinkSync(link) !== library) return false
  const built = bindingFolder(cache)
  return BINDING_FILES.every((name) => sameContent(join(built, name), join(tfjsNode, 'lib/napi-v8', name)))
}

/**
 * @param {string} a
 * @param {string} b
 */
const sameContent = (a, b) => existsSync(a) && existsSync(b) && readFileSync(a).equals(readFileSync(b))

/**
 * Builds tfjs-node's binding, and the small addon that loads the library quietly, against the library in the cache.
 * @param {string} cache
 * @param {string} library the folder with TensorFlow's two libraries and `include`
 * @param {string} compiler
 */
export async function buildBinding(cache, library, compiler) {
  const built = bindingFolder(cache)
  await buildOnce(cache, built, async (workshop) => {
    const source = join(workshop, 'package')
    for (const part of ['binding', 'binding.gyp', 'package.json']) {
      cpSync(join(tfjsNode, part), join(source, part), { recursive: true })
    }
    mkdirSync(join(source, 'deps'))
    symlinkSync(library, join(source, 'deps/lib'))
    symlinkSync(join(library, 'include'), join(source, 'deps/include'))
    const folder = join(source, 'lib')
    const binding = ['--napi_build_version=8', '--module_name=tfjs_binding', `--module_path=${folder}`]
    await run(process.execPath, [nodeGyp, 'configure', 'build', ...headers(), ...binding], {
      cwd: source,
      log: join(cache, 'logs/binding.log'),
      title: "building TensorFlow's binding",
    })
    const quiet = join(folder, 'quiet.node')
    const link = `-DPACKED_LINK="${packedLink}"`
    await run(compiler, ['-shared', '-fPIC', '-O2', '-std=c++17', link, quietSource, '-o', quiet, '-ldl'], {
      cwd: source,
      log: join(cache, 'logs/quiet.log'),
      title: "building TensorFlow's quiet loader",
    })
    return BINDING_FILES.map((name) => join(folder, name))
  })
  for (const name of BINDING_FILES) place(join(built, name), join(tfjsNode, 'lib/napi-v8', name))
  const link = join(tfjsNode, 'deps/lib')
  mkdirSync(dirname(link), { recursive: true })
  rmSync(link, { recursive: true, force: true })
  symlinkSync(library, link)
}

/** The packed program cannot build its binding; where it can have TensorFlow at all, the binding is packed with it. */
export function checkBinding() {
  const absent = BINDING_FILES.filter((name) => !existsSync(join(tfjsNode, 'lib/napi-v8', name)))
  if (platform === 'linux-x64' && absent.length > 0)
    throw new Error(`no ${absent.join(', no ')} to pack; run first: npm run setup`)
}
