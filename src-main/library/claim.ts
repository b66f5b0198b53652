import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors'
import { isAlive, processMarkSchema, thisProcess } from '../workspace/process-mark'

const claimSchema = processMarkSchema.extend({ since: z.string() })

let claims = 0

/**
 * Makes a folder this caller's alone until the returned function is called; the claim of a process that has died counts
 * for nothing. A claim is a file beside the folder, each under a name of its own: whoever claims writes his and then
 * looks for others, so that of two who come at the same moment both may be refused, but never both be let in.
 * @param field of the error
 * @throws {InputError} where somebody living has claimed it
 */
export async function claimFolder(folder: string, field: string): Promise<() => Promise<void>> {
  const shelf = dirname(folder)
  const prefix = `${basename(folder)}.claimed-`
  const mine = `${prefix}${process.pid}-${++claims}`
  const release = (): Promise<void> => rm(join(shelf, mine), { force: true })
  const claim = { ...thisProcess(), since: new Date().toISOString() }
  // Whole or not there: half a claim would count for nothing.
  const draft = join(shelf, `${basename(folder)}.claiming-${process.pid}-${claims}`)
  await writeFile(draft, JSON.stringify(claim), { mode: 0o600 })
  await rename(draft, join(shelf, mine))
  for (const other of await readdir(shelf)) {
    if (!other.startsWith(prefix) || other === mine) continue
    const holder = await readClaim(join(shelf, other))
    if (holder === null || !isAlive(holder)) await rm(join(shelf, other), { force: true })
    else {
      await release()
      throw new InputError(
        `is being fetched already, by process ${holder.pid} since ${holder.since}; wait for it, or end it`,
        { field },
      )
    }
  }
  return release
}

/** Null: there is none any more, or it is damaged. */
async function readClaim(file: string): Promise<z.infer<typeof claimSchema> | null> {
  try {
    return claimSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return null
  }
}
