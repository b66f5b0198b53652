import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkbenchClient } from '../api/client'
import { openWorkbench } from '../workbench'
import type { Workbench } from '../workbench'
import { findDoor } from '../workspace/door'
import type { Door } from '../workspace/door'
import { findOwner, WorkspaceInUseError } from '../workspace/owner'
import type { Terminal } from './terminal'

/** A command that changes a workspace either owns it or asks whoever does. */
export type Reached = Owning | Asking

/** This process owns the workspace until `close`; others find its door meanwhile, where it was opened. */
export interface Owning {
  readonly kind: 'owning'
  readonly workbench: Workbench
  /** Lets nobody in any more, then saves and lets go. */
  close(): Promise<void>
}

/** Another process owns it, and is asked through its door. */
export interface Asking {
  readonly kind: 'asking'
  readonly client: WorkbenchClient
  /** Who it is, as users would say it: "process 4711 (fairsweep serve)". */
  readonly who: string
  /** The owner has let go, died or shut its door. */
  isGone(): boolean
  close(): Promise<void>
}

export interface ReachOptions {
  readonly terminal: Terminal
  readonly workspace: string
  /** What this process is, for whoever finds the workspace in use. */
  readonly what: string
  /** Whoever owns a workspace for long lets others ask. */
  readonly opensDoor?: boolean
}

const RETRY_MS = 200
/** An owner without a door is about to open one, or soon done: an import, a migration. */
const PATIENCE_MS = 120_000
const ANSWER_WITHIN_MS = 10_000

// The web server and the API are loaded only where they are needed: they would slow the start of all other commands.
const loadClient = () => import('../api/client')
const loadDoor = () => import('../api/owner-door')

/**
 * Owns the workspace, or finds its owner's door.
 * @throws {WorkspaceInUseError} when its owner has no door for long
 * @throws {OwnerRefusedError} when it does not answer
 */
export async function reach(options: ReachOptions): Promise<Reached> {
  const { terminal, workspace } = options
  const deadline = Date.now() + PATIENCE_MS
  for (let isWaiting = false; ; isWaiting = true) {
    const door = findDoor(workspace)
    if (door !== null) return ask(workspace, door)
    try {
      return await own(options)
    } catch (error) {
      if (!(error instanceof WorkspaceInUseError) || Date.now() > deadline) throw error
      if (!isWaiting) terminal.note(`waiting for ${ownerText(workspace)} …`)
      await sleep(RETRY_MS)
    }
  }
}

async function own({ workspace, what, opensDoor = false }: ReachOptions): Promise<Owning> {
  const workbench = await openWorkbench({ workspace, access: 'owner', what })
  try {
    const door = opensDoor ? await (await loadDoor()).openOwnerDoor(workbench) : null
    return {
      kind: 'owning',
      workbench,
      async close() {
        await door?.close()
        await workbench.close()
      },
    }
  } catch (error) {
    await workbench.close()
    throw error
  }
}

async function ask(workspace: string, door: Door): Promise<Asking> {
  const { clientOf, OwnerRefusedError } = await loadClient()
  const client = clientOf(door)
  const who = ownerText(workspace)
  try {
    await client.studies.held.query(undefined, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
  } catch (error) {
    throw new OwnerRefusedError(`${workspace} is owned by ${who}, which does not answer; end it first`, {
      cause: error,
    })
  }
  return {
    kind: 'asking',
    client,
    who,
    isGone: () => findDoor(workspace)?.token !== door.token,
    close: () => Promise.resolve(),
  }
}

/** Asks whoever owns the workspace, this process if nobody does, for one thing. */
export async function askOwner<T>(
  options: ReachOptions,
  question: (client: WorkbenchClient) => Promise<T>,
): Promise<T> {
  const { answered, localClient } = await loadClient()
  const reached = await reach(options)
  try {
    if (reached.kind === 'asking') options.terminal.note(`asking ${reached.who} …`)
    return await answered(
      question(reached.kind === 'asking' ? reached.client : localClient(reached.workbench)),
    )
  } finally {
    await reached.close()
  }
}

function ownerText(workspace: string): string {
  const owner = findOwner(workspace)
  return owner === null ? 'another process' : `process ${owner.pid} (${owner.what})`
}
