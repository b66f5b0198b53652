import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { findOwner } from './owner'
import { writePrivately } from './private-file'

/**
 * What a command in a second terminal may ask of the workspace's owner, by files in the workspace: it works whatever
 * the owner is, also a plain `run` that opened no HTTP door.
 */
const requestSchema = z.object({ kind: z.enum(['stop', 'reveal-test']), study: z.string() })
export type OwnerRequest = z.infer<typeof requestSchema>

const answerSchema = z.object({ error: z.string().nullable() })
type OwnerAnswer = z.infer<typeof answerSchema>

const POLL_MS = 250

const folderOf = (workspace: string): string => join(workspace, 'owner', 'requests')

/** Answers requests until stopped. Those left from before are dropped: whoever asked has gone. */
export function answerRequests(
  workspace: string,
  answer: (request: OwnerRequest) => Promise<void>,
): () => void {
  const folder = folderOf(workspace)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const poll = setInterval(() => {
    for (const name of list(folder)) void take(folder, name, answer)
  }, POLL_MS)
  poll.unref()
  return () => clearInterval(poll)
}

/** The owner did not do what it was asked, or did not answer. */
export class OwnerRefusedError extends Error {
  override readonly name = 'OwnerRefusedError'
}

/**
 * Asks the owner and waits until it is done; saving a large model takes a while.
 * @throws {OwnerRefusedError}
 */
export async function askOwner(
  workspace: string,
  request: OwnerRequest,
  patienceMs = 120_000,
): Promise<void> {
  const folder = folderOf(workspace)
  const id = randomUUID()
  const [asked, answered] = [join(folder, `${id}.request.json`), join(folder, `${id}.answer.json`)]
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writePrivately(asked, JSON.stringify(request))
  try {
    for (let waited = 0; waited < patienceMs; waited += POLL_MS) {
      if (existsSync(answered)) {
        const { error } = answerSchema.parse(JSON.parse(readFileSync(answered, 'utf8')))
        if (error !== null) throw new OwnerRefusedError(error)
        return
      }
      if (findOwner(workspace) === null) {
        throw new OwnerRefusedError(
          `nobody owns ${workspace} any more; the same command can now act by itself`,
        )
      }
      await sleep(POLL_MS)
    }
    throw new OwnerRefusedError(
      `the process that owns ${workspace} did not answer in ${patienceMs / 1000} seconds`,
    )
  } finally {
    rmSync(asked, { force: true })
    rmSync(answered, { force: true })
  }
}

async function take(
  folder: string,
  name: string,
  answer: (request: OwnerRequest) => Promise<void>,
): Promise<void> {
  const file = join(folder, name)
  let given: OwnerAnswer
  try {
    const text = readFileSync(file, 'utf8')
    rmSync(file, { force: true })
    await answer(requestSchema.parse(JSON.parse(text)))
    given = { error: null }
  } catch (error) {
    given = { error: error instanceof Error ? error.message : String(error) }
  }
  writePrivately(join(folder, name.replace('.request.', '.answer.')), JSON.stringify(given))
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.request.json'))
  } catch {
    return []
  }
}
