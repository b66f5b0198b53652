import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { writePrivately } from './private-file'

/**
 * What a command in a second terminal may ask of the workspace's owner, by files in the workspace: it works whatever
 * the owner is, also a plain `run` that opened no HTTP door.
 */
const requestSchema = z.object({ kind: z.literal('stop'), study: z.string() })
export type OwnerRequest = z.infer<typeof requestSchema>

const answerSchema = z.object({ ok: z.boolean(), message: z.string() })
export type OwnerAnswer = z.infer<typeof answerSchema>

const POLL_MS = 250

const folderOf = (workspace: string): string => join(workspace, 'owner', 'requests')

/** Answers requests until stopped. Those left from before are dropped: whoever asked has gone. */
export function answerRequests(
  workspace: string,
  answer: (request: OwnerRequest) => Promise<OwnerAnswer>,
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

/** Asks the owner and waits for its answer; null when it gave none in time. */
export async function askOwner(
  workspace: string,
  request: OwnerRequest,
  patienceMs: number,
): Promise<OwnerAnswer | null> {
  const folder = folderOf(workspace)
  const id = randomUUID()
  const [asked, answered] = [join(folder, `${id}.request.json`), join(folder, `${id}.answer.json`)]
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writePrivately(asked, JSON.stringify(request))
  try {
    for (let waited = 0; waited < patienceMs; waited += POLL_MS) {
      if (existsSync(answered)) return answerSchema.parse(JSON.parse(readFileSync(answered, 'utf8')))
      await sleep(POLL_MS)
    }
    return null
  } finally {
    rmSync(asked, { force: true })
    rmSync(answered, { force: true })
  }
}

async function take(
  folder: string,
  name: string,
  answer: (request: OwnerRequest) => Promise<OwnerAnswer>,
): Promise<void> {
  const file = join(folder, name)
  let given: OwnerAnswer
  try {
    const text = readFileSync(file, 'utf8')
    rmSync(file, { force: true })
    given = await answer(requestSchema.parse(JSON.parse(text)))
  } catch (error) {
    given = { ok: false, message: error instanceof Error ? error.message : String(error) }
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
