import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { installation } from '../installation'
import { gpuModels, loadEngine, missingTensorFlow, tf, type EngineInfo, type Missing } from './backend'
import { bindingFiles } from './binding'

/** What `doctor` tells of the engine: what there is, how fast it is, and the one thing to do for whatever is missing. */
export interface EngineReport {
  readonly engine: EngineInfo
  readonly devices: readonly Device[]
  /** Float32 matrix products, measured for about a second. */
  readonly gflops: number
  readonly cache: { readonly folder: string; readonly parts: readonly CachePart[] }
  readonly missing: readonly Missing[]
}

export interface Device {
  readonly kind: 'cpu' | 'gpu'
  readonly name: string
  /** CPU: threads and memory; GPU: the driver. */
  readonly detail: string
}

export interface CachePart {
  readonly name: string
  readonly bytes: number
}

/** Loads the engine and looks around; takes about a second, most of it measuring. */
export async function examine(): Promise<EngineReport> {
  const engine = await loadEngine()
  return {
    engine,
    devices: listDevices(),
    gflops: measureGflops(engine),
    cache: { folder: installation.cache, parts: await measureCache(installation.cache) },
    missing: listMissing(engine),
  }
}

function listDevices(): Device[] {
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  const name = cpus()[0]?.model.trim() ?? process.arch
  const cpu: Device = { kind: 'cpu', name, detail: `${availableParallelism()} threads, ${memory}` }
  const driver = driverVersion()
  const gpus = gpuModels().map((name): Device => ({
    kind: 'gpu',
    name,
    detail: `driver ${driver ?? 'unknown'}`,
  }))
  return [cpu, ...gpus]
}

function driverVersion(): string | null {
  const file = '/proc/driver/nvidia/version'
  if (!existsSync(file)) return null
  return /\b(\d{3}\.\d[\d.]*)\b/.exec(readFileSync(file, 'utf8'))?.[1] ?? null
}

const MEASURE_MS = 1000
/** Wide enough to keep each kind of device busy. */
const MATRIX_WIDTH = { gpu: 4096, tensorflow: 1024, wasm: 512 }

function measureGflops({ name, device }: EngineInfo): number {
  const width = device.startsWith('GPU') ? MATRIX_WIDTH.gpu : MATRIX_WIDTH[name]
  const matrix = tf.ones([width, width])
  /** One product; reading one sum waits for it without moving the matrix. */
  const multiply = (): void => tf.tidy(() => void tf.sum(tf.matMul(matrix, matrix)).dataSync())
  multiply()
  const start = performance.now()
  let products = 0
  while (performance.now() - start < MEASURE_MS) {
    multiply()
    products++
  }
  const seconds = (performance.now() - start) / 1000
  matrix.dispose()
  return (products * 2 * width ** 3) / seconds / 1e9
}

/** Parts of the cache and what each takes; empty where there is no cache yet. */
async function measureCache(folder: string): Promise<CachePart[]> {
  if (!existsSync(folder)) return []
  const entries = await readdir(folder, { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory())
  return Promise.all(
    folders.map(async ({ name }) => ({ name, bytes: await folderBytes(join(folder, name)) })),
  )
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

const SET_UP = 'run: npm run setup'

function listMissing(engine: EngineInfo): Missing[] {
  const missing: Missing[] = []
  const tensorflow = missingTensorFlow()
  if (engine.name === 'wasm' && tensorflow !== null) {
    missing.push(tensorflow)
  } else if (engine.name === 'wasm') {
    missing.push({ what: 'FAIRSWEEP_ENGINE keeps TensorFlow off.', todo: 'unset FAIRSWEEP_ENGINE' })
  }
  if (gpuModels().length > 0 && !engine.device.startsWith('GPU')) {
    const { library } = bindingFiles()
    // What is linked is TensorFlow's folder in the cache; CUDA's libraries lie beside that one.
    const hasCuda = existsSync(library) && existsSync(join(realpathSync(library), '../../nvidia'))
    missing.push({
      what: 'An NVIDIA GPU is here, but training runs on the CPU.',
      todo: hasCuda
        ? 'see what TF_CPP_MIN_LOG_LEVEL=0 fairsweep doctor prints'
        : 'run: FAIRSWEEP_TENSORFLOW=cuda npm run setup',
    })
  }
  if (gpuModels().length === 0 && hasNvidiaHardware()) {
    missing.push({
      what: 'An NVIDIA GPU is here without its driver.',
      todo: "install NVIDIA's driver, then run: npm run setup",
    })
  }
  if (!existsSync(join(installation.models, 'minilm-l6'))) {
    missing.push({ what: 'The pretrained trunk minilm-l6 is not here.', todo: SET_UP })
  }
  return missing
}

const NVIDIA_VENDOR = '0x10de'
const DISPLAY_CLASS = '0x03'

function hasNvidiaHardware(): boolean {
  const bus = '/sys/bus/pci/devices'
  if (!existsSync(bus)) return false
  const read = (device: string, file: string): string => readFileSync(join(bus, device, file), 'utf8')
  return readdirSync(bus).some(
    (device) =>
      read(device, 'vendor').startsWith(NVIDIA_VENDOR) && read(device, 'class').startsWith(DISPLAY_CLASS),
  )
}
