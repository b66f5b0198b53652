import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { findOwner } from './owner'
import { writePrivately } from './private-file'

const doorSchema = z.object({ address: z.url(), token: z.string().min(1) })

/** Where the owner of a workspace answers over loopback HTTP, and the token that opens it. */
export type Door = z.infer<typeof doorSchema>

const fileOf = (workspace: string): string => join(workspace, 'owner', 'door.json')

/** Tells other processes of this user where the owner's door is. Only the owner may call it; returns how to close it. */
export function announceDoor(workspace: string, door: Door): () => void {
  writePrivately(fileOf(workspace), JSON.stringify(door))
  return () => rmSync(fileOf(workspace), { force: true })
}

/** The door of the workspace's living owner; null when nobody owns it or its owner has no door. */
export function findDoor(workspace: string): Door | null {
  if (findOwner(workspace) === null) return null
  try {
    return doorSchema.parse(JSON.parse(readFileSync(fileOf(workspace), 'utf8')))
  } catch {
    return null
  }
}
