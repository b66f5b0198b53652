import { createWriteStream } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import { InputError } from '../errors'
import { inflated } from '../tensor-files/inflated'
import { CIFAR_NAMES, refusePickles } from './cifar-files'

/**
 * Unpacks the six files of CIFAR-10's binary version from its archive; nothing else of an archive is written, whatever
 * paths are in it.
 * @throws {InputError} where it is no such archive, or is damaged
 */
export async function unpackCifar(archive: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const found = new Set<string>()
  const seen: string[] = []
  const entries = extract()
  const { size } = await stat(archive)
  const unpacked = inflated({ file: archive, format: 'gzip', start: 0, end: size })
  let passed = 0
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of unpacked) {
      yield piece
      passed += piece.length
    }
  }
  const reading = pipeline(counted, entries)
  // What breaks here breaks the entries too, where it is heard.
  reading.catch(() => undefined)
  try {
    for await (const entry of entries) {
      const name = basename(entry.header.name)
      seen.push(name)
      if (entry.header.type === 'file' && CIFAR_NAMES.includes(name) && !found.has(name)) {
        found.add(name)
        await pipeline(entry, createWriteStream(join(folder, name), { mode: 0o600 }))
      } else entry.resume()
    }
    await reading
  } catch (error) {
    const why =
      error instanceof InputError ? error.problem : error instanceof Error ? error.message : String(error)
    const where = error instanceof InputError ? '' : `after byte ${passed} of what it unpacks to: `
    throw new InputError(`cannot be unpacked (${where}${why}), expected cifar-10-binary.tar.gz, whole`, {
      file: archive,
    })
  }
  refusePickles(seen, archive)
  const missing = CIFAR_NAMES.filter((name) => !found.has(name))
  if (missing.length > 0)
    throw new InputError(`holds no ${missing.join(', no ')}, expected cifar-10-binary.tar.gz`, {
      file: archive,
    })
}
