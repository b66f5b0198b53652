import { createServer, request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHttpDoor } from '../../src-main/api/http'
import type { HttpDoor } from '../../src-main/api/http'
import { InputError } from '../../src-main/errors'
import { openShowcase } from '../e2e/showcase'
import type { Showcase } from '../e2e/showcase'
import { ROUTES, makeRenderer } from './served'

const renderer = makeRenderer()
let showcase: Showcase
let door: HttpDoor
/** Where tokens are guessed, so that its throttle stops nobody else. */
let besieged: HttpDoor

beforeAll(async () => {
  showcase = await openShowcase({ renderer })
  door = await startHttpDoor(showcase.workbench, { renderer })
  besieged = await startHttpDoor(showcase.workbench, { renderer })
})
afterAll(async () => {
  await door.close()
  await besieged.close()
  await showcase.close()
})

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string
  readonly at?: HttpDoor
}

/** A request as any program can make it: fetch would not send a Host or a path of ours. */
function ask(path: string, { method = 'GET', headers = {}, body, at = door }: Ask = {}): Promise<Answer> {
  const { hostname, port } = new URL(at.address)
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      )
    })
    asked.on('error', reject)
    asked.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' })
    })
    asked.end(body)
  })
}

const bearer = (): Record<string, string> => ({ authorization: `Bearer ${door.token}` })

async function signIn(): Promise<string> {
  const { headers } = await ask(new URL(door.launchUrl()).pathname + new URL(door.launchUrl()).search)
  return headers['set-cookie']?.[0]?.split(';')[0] ?? ''
}

describe('without a token', () => {
  const VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']

  const WITHOUT: readonly Record<string, string>[] = [
    {},
    { authorization: 'Bearer wrong-token-too-short' },
    { cookie: 'fairsweep_1=a' },
  ]

  test.each(ROUTES)('/trpc/$path is closed to every verb', async ({ path }) => {
    for (const method of VERBS) {
      for (const headers of WITHOUT) {
        const { status, body } = await ask(`/trpc/${path}`, { method, headers, at: besieged })
        expect([401, 429]).toContain(status)
        expect(body).not.toContain('result')
      }
    }
  })

  test.each([
    '/',
    '/index.html',
    '/assets/main-abc.js',
    '/nothing',
    '/launch',
    '/launch?token=guess',
    '/trpc',
    '//',
    '/%2e%2e/',
  ])('%s is closed', async (path) => {
    expect([401, 429]).toContain((await ask(path, { at: besieged })).status)
  })

  test('a WebSocket is not opened', async () => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }
    expect([401, 429]).toContain((await ask('/trpc', { headers, at: besieged })).status)
  })
})

describe('with the owner’s token', () => {
  test('calls are answered', async () => {
    const { status, body } = await ask('/trpc/runs.count?input=%7B%7D', { headers: bearer() })
    expect([status, JSON.parse(body)]).toEqual([200, { result: { data: 0 } }])
  })

  test('another host name is refused all the same', async () => {
    const { status } = await ask('/trpc/runs.count', { headers: { ...bearer(), host: 'evil.example' } })
    expect(status).toBe(403)
  })

  test('a fresh launch link can be asked for, by the token alone', async () => {
    const { body } = await ask('/launch', { method: 'POST', headers: bearer() })
    const { path } = JSON.parse(body) as { path: string }
    expect((await ask(path)).status).toBe(200)
    const cookie = await signIn()
    const headers = { cookie, origin: door.address }
    expect((await ask('/launch', { method: 'POST', headers })).status).toBe(403)
  })

  test('an error has its code and its problems, and no stack', async () => {
    const { status, body } = await ask('/trpc/compare.study?input=%7B%22name%22%3A%22nobody%22%7D', {
      headers: bearer(),
    })
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({
      error: { data: { code: 'BAD_REQUEST', problems: [{ place: {} }] } },
    })
    expect(body).not.toContain('.ts:')
  })

  test('a body that is too large is not read', async () => {
    const headers = { ...bearer(), 'content-type': 'application/json' }
    const body = JSON.stringify({ text: 'x'.repeat(3 * 1024 * 1024) })
    const answer = await ask('/trpc/studies.start', { method: 'POST', headers, body }).catch(() => ({
      status: 413,
    }))
    expect(answer.status).toBe(413)
  })

  test('the stream of events speaks server-sent events', async () => {
    const controller = new AbortController()
    const response = await fetch(`${door.address}/trpc/events.stream?input=%7B%7D`, {
      headers: bearer(),
      signal: controller.signal,
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('"reset"')) text += (await reader?.read())?.value ?? ''
    expect(text).toMatch(/id: .+:\d+/)
    controller.abort()
  })
})

describe('a browser that came by the link', () => {
  test('gets the page, with the headers that confine it', async () => {
    const { status, headers, body } = await ask('/', { headers: { cookie: await signIn() } })
    expect(status).toBe(200)
    expect(body).toContain('Fairsweep')
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';")
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['content-security-policy']).not.toMatch(/unsafe-eval|https?:|\*/)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
  })

  test('refusals carry the same headers', async () => {
    const { headers } = await ask('/', { at: besieged })
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['x-content-type-options']).toBe('nosniff')
  })

  test('built files are scripts by type', async () => {
    const { headers } = await ask('/assets/main-abc.js', { headers: { cookie: await signIn() } })
    expect(headers['content-type']).toMatch(/^(text|application)\/javascript/)
  })

  test.each([
    '/.env',
    '/assets/main-abc.js.map',
    '/assets/',
    '/assets',
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/package.json',
    '/..\\package.json',
    '/assets/..%2f..%2f..%2fetc/passwd',
    '//etc/passwd',
    '/%00',
    '/index.html%00.js',
  ])('%s is not served', async (path) => {
    const { status, body } = await ask(path, { headers: { cookie: await signIn() } })
    expect([400, 403, 404]).toContain(status)
    expect(body).not.toMatch(/SECRET|secret|root:|"name":/)
  })

  test('a page of another port may not use the session', async () => {
    const headers = {
      cookie: await signIn(),
      origin: 'http://127.0.0.1:1',
      'content-type': 'application/json',
    }
    expect((await ask('/trpc/studies.stop', { method: 'POST', headers, body: '{"name":"x"}' })).status).toBe(
      403,
    )
  })

  test('the token is in no page and no header after the exchange', async () => {
    const url = new URL(door.launchUrl())
    const token = url.searchParams.get('token') ?? ''
    const { body, headers } = await ask(url.pathname + url.search)
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(body + JSON.stringify(headers)).not.toContain(token)
  })
})

describe('opening the door', () => {
  test.each(['0.0.0.0', '::', '192.168.0.1', 'example.org'])('%s is no loopback address', async (host) => {
    await expect(startHttpDoor(showcase.workbench, { renderer, host })).rejects.toThrow(InputError)
  })

  test('a port that is taken is a mistake of the user, with the way out', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    await expect(startHttpDoor(showcase.workbench, { renderer, port })).rejects.toThrow(
      `port ${port} is taken`,
    )
    other.close()
  })

  test('a renderer that was not built is said so', async () => {
    await expect(startHttpDoor(showcase.workbench, { renderer: '/nowhere' })).rejects.toThrow('npm run build')
  })
})
