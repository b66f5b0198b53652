import { createRequire } from 'node:module'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../errors'
import { installation } from '../installation'
import { absentFiles, bindingFiles } from './binding'
import type { NodeBackend } from './node-backend'

/**
 * Finds and loads a tensor backend. TensorFlow through tfjs-node-gpu's binding (one build for CPU and NVIDIA), or
 * tfjs's wasm backend where TensorFlow is not to be had.
 */

// tfjs is CommonJS in Node. It gives the very instance that tfjs-node-gpu and the wasm backend register with.
export const requirePackage = createRequire(import.meta.url)

type Tensorflow = typeof import('@tensorflow/tfjs')
let operations: Tensorflow | null = null

/**
 * tfjs, loaded when the first of its operations is asked for: that takes a fifth of a second, and what only plans and shows,
 * such as the command line and the window's process, asks for none when it starts.
 */
export const tf = new Proxy({} as Tensorflow, {
  get: (_, name: keyof Tensorflow) => (operations ??= requirePackage('@tensorflow/tfjs') as Tensorflow)[name],
})

export const ENGINES = ['tensorflow', 'wasm'] as const
export type EngineName = (typeof ENGINES)[number]
export type EngineChoice = EngineName | 'auto'

export interface EngineInfo {
  readonly name: EngineName
  /** What computes, in words: "CPU (<model>)", "GPU (<model>)". */
  readonly device: string
  readonly versions: Readonly<Record<string, string>>
  readonly threads: number
  /** Why `auto` is not TensorFlow, and what to do; null when it is, or when the caller asked for wasm. */
  readonly warning: string | null
}

let loading: Promise<EngineInfo> | null = null
let loaded: EngineInfo | null = null

/**
 * Loads an engine once per thread; later calls return the same one. `auto` takes TensorFlow, or wasm where
 * TensorFlow cannot be loaded. The environment variable FAIRSWEEP_ENGINE decides what `auto` means.
 *
 * @throws InputError when the engine that was asked for by name cannot be had, or another one is loaded already.
 */
export async function loadEngine(choice: EngineChoice = 'auto'): Promise<EngineInfo> {
  const wanted = choice === 'auto' ? choiceFromEnvironment() : choice
  loading ??= load(wanted, wanted !== choice)
  let engine: EngineInfo
  try {
    engine = await loading
  } catch (error) {
    loading = null
    throw error
  }
  if (wanted !== 'auto' && engine.name !== wanted) {
    throw new InputError(`engine ${wanted} was asked for, but this process already runs on ${engine.name}`)
  }
  loaded = engine
  return engine
}

/** The engine that this thread runs on. */
export function currentEngine(): EngineInfo {
  if (loaded === null) throw new Error('no engine is loaded: call loadEngine() first')
  return loaded
}

function choiceFromEnvironment(): EngineChoice {
  const value = process.env.FAIRSWEEP_ENGINE ?? 'auto'
  if (value === 'auto' || value === 'tensorflow' || value === 'wasm') return value
  throw new InputError(`found ${JSON.stringify(value)}, expected auto, tensorflow or wasm`, {
    field: 'FAIRSWEEP_ENGINE',
  })
}

const ON_WASM = 'Training runs on the wasm engine, 10 to 15 times slower'

async function load(choice: EngineChoice, byEnvironment: boolean): Promise<EngineInfo> {
  // No banners, and no check of every result for NaN.
  tf.enableProdMode()
  if (choice === 'wasm') return loadWasm(byEnvironment ? `${ON_WASM}: FAIRSWEEP_ENGINE asks for it.` : null)
  const missing = missingTensorFlow()
  if (missing === null) return loadTensorFlow()
  const problem = `${missing.what} What to do: ${missing.todo}.`
  if (choice === 'tensorflow') throw new InputError(problem)
  return loadWasm(`${ON_WASM}: ${problem}`)
}

/** Why TensorFlow cannot be loaded, and the one thing to do about it. */
export interface Missing {
  readonly what: string
  readonly todo: string
}

/** Null when all of TensorFlow's parts are here. */
export function missingTensorFlow(): Missing | null {
  if (process.platform !== 'linux') {
    return {
      what: `There is no TensorFlow engine for ${process.platform}.`,
      todo: 'train under Linux or WSL2',
    }
  }
  const absent = absentFiles()
  if (absent.length === 0) return null
  return {
    what: `TensorFlow is not set up here (no ${absent.join(', no ')}).`,
    todo: installation.isPacked ? 'install the engine: Settings, Engine and devices' : 'run: npm run setup',
  }
}

function loadTensorFlow(): EngineInfo {
  // Gone from Node 23 on, and called by tfjs-node.
  const util = requirePackage('node:util') as { isNullOrUndefined?: (value: unknown) => boolean }
  util.isNullOrUndefined ??= (value) => value === null || value === undefined
  // Turns TF32 off on the way.
  loader()

  requirePackage('@tensorflow/tfjs-node-gpu')
  const { binding, isUsingGpuDevice } = nodeBackend()
  return {
    name: 'tensorflow',
    device: isUsingGpuDevice ? `GPU (${gpuModels()[0] ?? 'NVIDIA'})` : cpuName(),
    versions: { node: process.versions.node, tfjs: tf.version.tfjs, tensorflow: binding.TF_Version },
    threads: Number(process.env.TF_NUM_INTRAOP_THREADS ?? 0) || availableParallelism(),
    warning: null,
  }
}

/** The addon that loads TensorFlow before its binding does (`scripts/engine/quiet.cc`); null where set-up brought none. */
function loader(): { tensorFloat32?: (on: boolean) => boolean | undefined } | null {
  const { quiet } = bindingFiles()
  return existsSync(quiet) ? (requirePackage(quiet) as NonNullable<ReturnType<typeof loader>>) : null
}

/**
 * Lets an NVIDIA GPU round what it multiplies to TF32 (10 bits of mantissa), or not, from now on and in all threads of
 * this process. Without a call it may not.
 * @throws InputError where it cannot be had as asked.
 */
export function allowTensorFloat32(allowed: boolean): void {
  const { name, device } = currentEngine()
  const isGpu = name === 'tensorflow' && device.startsWith('GPU')
  if (!isGpu && allowed)
    throw new InputError(`tf32 is a number format of NVIDIA GPUs, but training runs on ${device}`, {
      field: 'execution.precision',
    })
  if (!isGpu) return
  if (loader()?.tensorFloat32?.(allowed) !== allowed)
    throw new InputError(
      `TF32 cannot be turned ${allowed ? 'on' : 'off'} in this installation. What to do: run: npm run setup`,
      { field: 'execution.precision' },
    )
}

async function loadWasm(warning: string | null): Promise<EngineInfo> {
  const wasm = requirePackage(
    '@tensorflow/tfjs-backend-wasm',
  ) as typeof import('@tensorflow/tfjs-backend-wasm')
  if (!(await tf.setBackend('wasm'))) throw new Error('the wasm engine could not be started')
  return {
    name: 'wasm',
    device: cpuName(),
    versions: { node: process.versions.node, tfjs: tf.version.tfjs, 'tfjs-backend-wasm': wasm.version_wasm },
    threads: wasm.getThreadsCount(),
    warning,
  }
}

/** tfjs-node's backend; call it only when the engine is TensorFlow. */
export function nodeBackend(): NodeBackend {
  return tf.backend() as unknown as NodeBackend
}

const cpuName = (): string => `CPU (${cpus()[0]?.model.trim() ?? process.arch})`

/** Models of the NVIDIA devices whose driver is loaded, in the driver's order. */
export function gpuModels(): string[] {
  const folder = '/proc/driver/nvidia/gpus'
  if (!existsSync(folder)) return []
  return readdirSync(folder).map((device) => {
    const text = readFileSync(join(folder, device, 'information'), 'utf8')
    return /^Model:\s*(.+)$/m.exec(text)?.[1]?.trim() ?? 'NVIDIA'
  })
}
