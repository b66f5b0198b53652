import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { InputError } from '../errors'

/** How a file that comes over the net is known to be whole. */
export interface FetchedFile {
  readonly name: string
  readonly bytes: number
  /** `git` is the SHA-1 under which git knows the content. Hexadecimal. */
  readonly digest: { readonly algorithm: 'sha256' | 'git'; readonly value: string }
}

/** How far a fetch is; bytes of all its files. */
export interface Transfer {
  /** The file at work. */
  readonly what: string
  readonly done: number
  readonly of: number
}

/** The content from this byte on. @throws {InputError} where trying again is of no use */
export type OpenFrom = (file: FetchedFile, from: number) => Promise<AsyncIterable<Uint8Array>>

/** A connection that broke so often without a byte in between is given up. */
const TRIES = 4
const WAIT_MS = 500

/**
 * Fetches a file, from where an earlier attempt left off, and tells how many bytes are here; it gets its name when size
 * and digest are right. What was fetched of it stays for the next attempt.
 * @throws {InputError} where the content is not what was promised, or the connection is given up
 */
export async function* fetchFile(
  path: string,
  file: FetchedFile,
  openFrom: OpenFrom,
): AsyncGenerator<number> {
  if ((await sizeOf(path)) === file.bytes) {
    yield file.bytes
    return
  }
  const part = `${path}.part`
  if ((await sizeOf(part)) > file.bytes) await rm(part)
  const hash = hashOf(file)
  let done = await sizeOf(part)
  if (done > 0) for await (const block of createReadStream(part)) hash.update(block as Buffer)
  yield done

  const handle = await open(part, 'a', 0o600)
  try {
    for (let failures = 0; done < file.bytes;) {
      const before = done
      try {
        for await (const block of await openFrom(file, done)) {
          if (done + block.length > file.bytes) throw wrong(file, `more than ${file.bytes} bytes came`)
          await handle.writeFile(block)
          hash.update(block)
          done += block.length
          yield done
        }
      } catch (error) {
        if (error instanceof InputError) throw error
        failures = done > before ? 0 : failures
        if (++failures >= TRIES) throw error
        await new Promise((resolve) => setTimeout(resolve, WAIT_MS * failures))
        continue
      }
      if (done === before && ++failures >= TRIES)
        throw wrong(file, `it ended at byte ${done} of ${file.bytes}`)
    }
    await handle.sync()
  } catch (error) {
    if (error instanceof WrongContent) await rm(part, { force: true })
    throw error
  } finally {
    await handle.close()
  }
  const found = hash.digest('hex')
  if (found !== file.digest.value) {
    await rm(part, { force: true })
    throw wrong(file, `its ${file.digest.algorithm} is ${found}, expected ${file.digest.value}`)
  }
  await rename(part, path)
}

/** Reads a file from its address. */
export function readFrom(url: string, signal: AbortSignal): OpenFrom {
  return async ({ name }, from) => {
    const answer = await fetch(url, { signal, headers: from === 0 ? {} : { range: `bytes=${from}-` } })
    if (!answer.ok || answer.body === null) {
      const why = `${url} answered ${answer.status}`
      throw answer.status >= 500 ? new TypeError(why) : new InputError(why, { field: name })
    }
    // A server that does not know ranges begins anew: what is here already is passed over.
    return answer.status === 206 ? answer.body : skipping(answer.body, from)
  }
}

async function* skipping(body: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes
  for await (const block of body) {
    if (left < block.length) yield block.subarray(left)
    left = Math.max(0, left - block.length)
  }
}

/** What came is not what was promised: nothing of it is worth keeping. */
class WrongContent extends InputError {}

const wrong = ({ name }: FetchedFile, why: string): WrongContent =>
  new WrongContent(`${name} came damaged or was changed: ${why}; nothing of it was kept`)

function hashOf({ digest, bytes }: FetchedFile): Hash {
  if (digest.algorithm !== 'git') return createHash(digest.algorithm)
  return createHash('sha1').update(`blob ${bytes}\0`)
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )
