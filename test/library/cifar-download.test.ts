import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { installation } from '../../src-main/installation'
import { openLibrary } from '../../src-main/library/library'
import type { InstalledData, Library } from '../../src-main/library/library'
import { LibraryFolder } from './library-folder'

const RECORD = 1 + 3072
const NAMES = ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch']

/** An archive in the layout of the published one; two images a file. */
async function archiveOf(
  names: readonly string[],
  extra: Readonly<Record<string, string>> = {},
): Promise<Buffer> {
  const tar = pack()
  for (const [i, name] of names.entries()) {
    const bytes = Buffer.alloc(2 * RECORD, i)
    bytes[0] = i
    bytes[RECORD] = 9 - i
    tar.entry({ name: `cifar-10-batches-bin/${name}` }, bytes)
  }
  for (const [name, text] of Object.entries(extra)) tar.entry({ name }, text)
  tar.finalize()
  const blocks: Buffer[] = []
  for await (const block of tar) blocks.push(block as Buffer)
  return gzipSync(Buffer.concat(blocks))
}

const BINARY = NAMES.map((name) => `${name}.bin`)

let folder: LibraryFolder
let server: Server
let served: Buffer
let asked: string[] = []
/** Answers that break off in the middle. */
let breaks = 0

beforeEach(async () => {
  folder = await LibraryFolder.make()
  served = await archiveOf(BINARY, { 'cifar-10-batches-bin/readme.html': 'words', '../../escaped.bin': 'no' })
  asked = []
  breaks = 0
  server = createServer((request, response) => {
    const { range } = request.headers
    asked.push(range ?? '')
    const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0)
    const part = served.subarray(from)
    response.writeHead(range === undefined ? 200 : 206, { 'content-length': part.length })
    if (breaks-- > 0) response.write(part.subarray(0, 100), () => response.destroy())
    else response.end(part)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await folder.remove()
})

/** A library whose catalogue has this server as the official address. */
async function libraryFor(bytes: Buffer, port = (server.address() as AddressInfo).port): Promise<Library> {
  const resources = folder.in('resources')
  await mkdir(resources, { recursive: true })
  await cp(join(installation.resources, 'catalogue.json'), join(resources, 'catalogue.json'))
  const catalogue = JSON.parse(await readFile(join(resources, 'catalogue.json'), 'utf8')) as {
    downloads: { url: string; bytes: number; sha256: string }[]
  }
  Object.assign(catalogue.downloads[0] ?? {}, {
    url: `http://127.0.0.1:${port}/cifar-10-binary.tar.gz`,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
  await writeFile(join(resources, 'catalogue.json'), JSON.stringify(catalogue))
  const cache = folder.in('cache')
  return openLibrary({
    workspace: folder.in('workspace'),
    installation: { ...installation, resources, cache, models: join(cache, 'models') },
  })
}

async function fetched(library: Library): Promise<InstalledData> {
  const fetching = library.fetchData('cifar10', undefined, new AbortController().signal)
  for (;;) {
    const step = await fetching.next()
    if (step.done === true) return step.value
  }
}

const spec = (options = {}) => ({
  name: 'cifar10',
  kind: 'cifar10',
  options: { patch: 4, augment: false, ...options },
})

describe('CIFAR-10', () => {
  it('is fetched from its official address, its six files unpacked and nothing else, and its tasks find it', async () => {
    const library = await libraryFor(served)
    await expect(library.task(spec())).rejects.toThrow(
      '`data add cifar10 --download` fetches its binary version',
    )
    breaks = 2
    const data = await fetched(library)
    expect(data).toMatchObject({ name: 'cifar10', format: 'cifar10', state: 'intact', from: 'added' })
    expect((await readdir(data.path)).sort()).toEqual(['added.json', ...BINARY].sort())
    expect(asked.at(-1)).toBe('bytes=200-')
    expect(await readdir(folder.in('workspace/data'))).toEqual(['cifar10'])
    const { facts } = await library.task(spec())
    expect(facts).toMatchObject({ sizes: { train: 10, test: 2 } })
  })

  it('is refused where it has not the checksum that was published', async () => {
    const library = await libraryFor(served)
    served = Buffer.from(served)
    served[served.length - 1] = (served.at(-1) ?? 0) ^ 1
    await expect(fetched(library)).rejects.toThrow(
      /cifar-10-binary\.tar\.gz came damaged or was changed: its sha256 is/,
    )
    expect(await library.data()).toHaveLength(1)
  })

  it('says where to fetch it by hand where the address does not answer', async () => {
    const library = await libraryFor(served, 1)
    await expect(fetched(library)).rejects.toThrow(/cannot be reached .*data add cifar-10-binary\.tar\.gz/)
  })

  it('is added from the archive or from a folder that it was unpacked to', async () => {
    const library = await libraryFor(served)
    const archive = folder.in('mine.tar.gz')
    await writeFile(archive, served)
    const { path } = await library.addData(archive)
    expect(await library.addData(path, 'copy')).toMatchObject({ format: 'cifar10', state: 'intact' })
    await mkdir(folder.in('unpacked'))
    await cp(path, folder.in('unpacked/cifar-10-batches-bin'), { recursive: true })
    expect(await library.addData(folder.in('unpacked'))).toMatchObject({
      name: 'unpacked',
      format: 'cifar10',
    })
  })

  it('is refused in its version for Python, damaged or incomplete, and leaves nothing behind', async () => {
    const library = await libraryFor(served)
    const add = async (name: string, bytes: Buffer): Promise<unknown> => {
      await writeFile(folder.in(name), bytes)
      return library.addData(folder.in(name), 'x')
    }
    await expect(add('python.tar.gz', await archiveOf(NAMES))).rejects.toThrow('pickles, which can run code')
    await expect(add('short.tar.gz', served.subarray(0, 300))).rejects.toThrow(
      'cannot be unpacked (at byte 300: broken gzip data (unexpected end of file)), expected',
    )
    await expect(add('few.tar.gz', await archiveOf(BINARY.slice(1)))).rejects.toThrow(
      'holds no data_batch_1.bin',
    )
    expect(await readdir(folder.in('workspace/data'))).toEqual([])
  })
})
