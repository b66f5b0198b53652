import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { writePrivately } from './private-file'

/** Workspaces that were opened on this machine by this user, the latest first, in a file of the installation's cache. */

const MOST = 10
const schema = z.array(z.object({ path: z.string(), openedAt: z.string() }))
export type RecentWorkspace = z.infer<typeof schema>[number]

const fileOf = (cache: string): string => join(cache, 'recent-workspaces.json')

/** Those that are still there. */
export function recentWorkspaces(cache: string): RecentWorkspace[] {
  try {
    return schema
      .parse(JSON.parse(readFileSync(fileOf(cache), 'utf8')))
      .filter(({ path }) => existsSync(join(path, 'history.db')))
  } catch {
    return []
  }
}

/** Puts a workspace at the head of the list. The list is a comfort: where it cannot be written, nothing is lost. */
export function rememberWorkspace(cache: string, path: string): void {
  const others = recentWorkspaces(cache).filter((each) => each.path !== path)
  const list = [{ path, openedAt: new Date().toISOString() }, ...others].slice(0, MOST)
  try {
    mkdirSync(dirname(fileOf(cache)), { recursive: true })
    writePrivately(fileOf(cache), JSON.stringify(list))
  } catch {
    // A cache that cannot be written to has no list.
  }
}
