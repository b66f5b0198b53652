import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where set-up puts things. `src-main/installation.ts` says the same for the built program. */

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const nodeModules = join(root, 'node_modules')

/** Per user, shared by all checkouts: FAIRSWEEP_CACHE, else the XDG cache folder, else ~/.cache. */
export function cacheFolder(environment = process.env) {
  const { FAIRSWEEP_CACHE, XDG_CACHE_HOME } = environment
  return FAIRSWEEP_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'fairsweep')
}
