import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TENSORFLOW_VERSION } from './pins.js'

/** Where set-up puts things. `src-main/installation.ts` says the same for the built program. */

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const nodeModules = join(root, 'node_modules')

/** The program as it is installed: an archive, and beside it, here, what other programs and native code read. */
export const isPacked = root.endsWith('.asar.unpacked')

/** In the cache's `tensorflow`: the link by which the packed program finds the library that its binding was built for. */
export const packedLink = `packed-${TENSORFLOW_VERSION}`

/** Per user, shared by all checkouts: FAIRSWEEP_CACHE, else the XDG cache folder, else ~/.cache. */
export function cacheFolder(environment = process.env) {
  const { FAIRSWEEP_CACHE, XDG_CACHE_HOME } = environment
  return FAIRSWEEP_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'fairsweep')
}
