import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Where the things of this installation are, whether the code runs from its source (tests) or built (`out/`).
 * `scripts/places.js` says the same for set-up, which runs before anything is built; a test holds them equal.
 */
export interface Installation {
  /** The folder of Fairsweep's own package.json. */
  readonly root: string
  /** The program as it is installed: an archive, with beside it what other programs and native code read. */
  readonly isPacked: boolean
  readonly version: string
  readonly resources: string
  readonly migrations: string
  readonly studies: string
  /** The program that brings the tensor engine, for plain Node. */
  readonly engineSetUp: string
  /** The built training worker: a program for `new Worker()` or `fork()`. */
  readonly workerEntry: string
  /** The built program that examines the engine: for `new Worker()`. */
  readonly examineEntry: string
  /** The worker that answers a page about a study of many runs. */
  readonly answerEntry: string
  /** The built program that writes a run's weights as files: for `new Worker()`. */
  readonly exportEntry: string
  /** The built renderer. */
  readonly renderer: string
  /** Per user, shared by all checkouts: the TensorFlow library, built bindings, pretrained trunks. */
  readonly cache: string
  /** What data sets that are compressed, pickled or text unpack to; may be removed at any time. */
  readonly unpacked: string
  /** Where the packed program finds TensorFlow, once it is brought. */
  readonly packedTensorFlow: string
  /** Pretrained trunks that set-up brought, one directory each, in the layout of Hugging Face. */
  readonly models: string
}

/** That of `scripts/pins.js`. */
const TENSORFLOW_VERSION = '2.21.0'

export const installation: Installation = locate(dirname(fileURLToPath(import.meta.url)))

/** @param start a folder in it */
export function locate(start: string): Installation {
  const root = findRoot(start)
  const isPacked = root.endsWith('.asar')
  const outside = isPacked ? `${root}.unpacked` : root
  const cache = cacheFolder(process.env)
  const { version } = readManifest(root)
  return {
    root,
    isPacked,
    version,
    resources: join(outside, 'resources'),
    migrations: join(outside, 'resources/migrations'),
    studies: join(outside, 'resources/studies'),
    engineSetUp: join(outside, 'scripts/install-engine.js'),
    workerEntry: join(root, 'out/main/worker.js'),
    examineEntry: join(root, 'out/main/examine.js'),
    answerEntry: join(root, 'out/main/answer.js'),
    exportEntry: join(root, 'out/main/export-weights.js'),
    renderer: join(root, 'out/renderer'),
    cache,
    unpacked: join(cache, 'unpacked'),
    packedTensorFlow: join(cache, `tensorflow/packed-${TENSORFLOW_VERSION}`),
    models: join(cache, 'models'),
  }
}

function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && readManifest(folder).name === 'fairsweep') return folder
    if (folder === dirname(folder)) throw new Error(`${start} is not inside a Fairsweep installation`)
  }
}

function readManifest(folder: string): { name: string; version: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string }
}

/** FAIRSWEEP_CACHE, else the XDG cache folder, else ~/.cache. */
function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const { FAIRSWEEP_CACHE, XDG_CACHE_HOME } = environment
  return FAIRSWEEP_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'fairsweep')
}
