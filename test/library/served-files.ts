import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const COMMIT = 'c0ffee'.padEnd(40, '0')

interface ServedFile {
  readonly bytes: Buffer
  /** Kept in large-file storage, known by its SHA-256, and served from another path. */
  readonly isLarge: boolean
  /** What the tree says of it, where that is to be wrong. */
  readonly sha256?: string
}

/** A server on loopback that speaks the hub's routes: model info, tree, resolve with redirects and ranges. */
export class FakeHub {
  /** Requests, in order: "GET /path", with the range asked for. */
  readonly asked: string[] = []
  /** Closes the connection of this many answers after so many bytes. */
  breaks: { times: number; after: number } = { times: 0, after: 0 }
  /** Wanted in Authorization; null: open to everybody. */
  token: string | null = null
  /** The token came to where files are stored, which is another site. */
  leaked = false
  private readonly server: Server

  private constructor(
    private readonly repo: string,
    private readonly files: ReadonlyMap<string, ServedFile>,
  ) {
    this.server = createServer((request, response) => this.answer(request, response))
  }

  static async serve(repo: string, files: Readonly<Record<string, ServedFile>>): Promise<FakeHub> {
    const hub = new FakeHub(repo, new Map(Object.entries(files)))
    await new Promise<void>((resolve) => hub.server.listen(0, '127.0.0.1', resolve))
    return hub
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '', this.address)
    const { range = '' } = request.headers
    this.asked.push(`${request.method} ${decodeURIComponent(pathname)} ${range}`.trim())
    if (pathname.startsWith('/lfs/') && request.headers.authorization !== undefined) this.leaked = true
    if (
      this.token !== null &&
      !pathname.startsWith('/lfs/') &&
      request.headers.authorization !== `Bearer ${this.token}`
    )
      return send(response, 401, { error: 'Invalid username or password.' })
    if (pathname === `/api/models/${this.repo}/revision/main`)
      return send(response, 200, {
        ...{ _id: '1', id: this.repo, private: false, downloads: 0, gated: false, likes: 0 },
        ...{ lastModified: '2026-01-01T00:00:00.000Z', sha: COMMIT, tags: ['pytorch', 'license:mit'] },
      })
    if (pathname === `/api/models/${this.repo}/tree/${COMMIT}`) return send(response, 200, this.tree())
    const resolved = `/${this.repo}/resolve/${COMMIT}/`
    const name = pathname.replace(resolved, '').replace('/lfs/', '')
    const file = this.files.get(name)
    if (file === undefined) {
      response.setHeader('X-Error-Code', 'EntryNotFound')
      return send(response, 404, { error: 'Entry not found' })
    }
    if (file.isLarge && pathname.startsWith(resolved)) {
      response
        .writeHead(302, { location: `${this.address.replace('127.0.0.1', 'localhost')}/lfs/${name}` })
        .end()
      return
    }
    this.sendBytes(response, file.bytes, range)
  }

  private tree(): object[] {
    return [...this.files].map(([path, { bytes, isLarge, sha256: told }]) => {
      const git = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
      const oid = told ?? createHash('sha256').update(bytes).digest('hex')
      const lfs = { oid, size: bytes.length, pointerSize: 130 }
      return { type: 'file', path, size: bytes.length, oid: git, ...(isLarge ? { lfs } : {}) }
    })
  }

  private sendBytes(response: ServerResponse, bytes: Buffer, range: string): void {
    const [, from, to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? []
    const start = Number(from ?? 0)
    const end = to === '' ? bytes.length - 1 : Math.min(Number(to), bytes.length - 1)
    const part = bytes.subarray(start, end + 1)
    response.writeHead(from === undefined ? 200 : 206, {
      ...{ etag: '"x"', 'content-length': part.length },
      ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${bytes.length}` }),
    })
    if (this.breaks.times > 0 && part.length > this.breaks.after) {
      this.breaks = { ...this.breaks, times: this.breaks.times - 1 }
      response.write(part.subarray(0, this.breaks.after), () => response.destroy())
      return
    }
    response.end(part)
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
