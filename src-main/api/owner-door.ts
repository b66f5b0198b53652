import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { installation } from '../installation'
import type { Workbench } from '../workbench'
import { announceDoor } from '../workspace/door'
import { startHttpDoor } from './http'
import type { HttpDoor } from './http'

/**
 * Opens the door of a workspace's owner and tells the other processes of this user where it is: whatever else is started
 * on the workspace becomes a client of it. Closing it takes the notice away first, so that nobody knocks at a shut door.
 */
export async function openOwnerDoor(
  workbench: Workbench,
  { host, port, needsPage = false }: { host?: string; port?: number; needsPage?: boolean } = {},
): Promise<HttpDoor> {
  const hasPage = existsSync(join(installation.renderer, 'index.html'))
  const renderer = hasPage || needsPage ? installation.renderer : null
  const door = await startHttpDoor(workbench, { host, port, renderer })
  const hide = announceDoor(workbench.workspace, { address: door.address, token: door.token })
  return {
    ...door,
    async close() {
      hide()
      await door.close()
    },
  }
}
