import fastifyStatic from '@fastify/static'
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import type { FastifyTRPCPluginOptions } from '@trpc/server/adapters/fastify'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { InputError } from '../errors'
import type { Workbench } from '../workbench'
import { createGate, randomToken } from './gate'
import type { Gate } from './gate'
import { PAGE_HEADERS } from './page'
import { appRouter } from './router'
import type { AppRouter } from './router'

export interface HttpDoorOptions {
  /** A loopback address; default 127.0.0.1. */
  readonly host?: string
  /** 0, the default, takes any free port. */
  readonly port?: number
  /** Bearer token for command-line clients; made here when absent. */
  readonly token?: string
  /** Folder of the built renderer; null serves the API alone. */
  readonly renderer: string | null
}

export interface HttpDoor {
  /** "http://127.0.0.1:8123", for the workspace's door file. */
  readonly address: string
  readonly token: string
  /** A fresh one-time link for a browser. */
  launchUrl(): string
  close(): Promise<void>
}

const BODY_LIMIT_BYTES = 2 * 1024 * 1024
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1'])

/**
 * Serves the workbench and its renderer over loopback HTTP.
 * @throws {InputError} when the host is not a loopback address, the port is taken, or the renderer is not built.
 */
export async function startHttpDoor(workbench: Workbench, options: HttpDoorOptions): Promise<HttpDoor> {
  const { host = '127.0.0.1', port = 0, token = randomToken(), renderer } = options
  if (!LOOPBACK.has(host)) {
    throw new InputError(
      `${host} is not a loopback address; from another machine, use an SSH tunnel (ssh -L PORT:127.0.0.1:PORT)`,
      { field: '--host' },
    )
  }
  if (renderer !== null && !existsSync(join(renderer, 'index.html'))) {
    throw new InputError('the workbench is not built; run npm run build', { file: renderer })
  }
  let listening = 0
  const gate = createGate({ bearer: token, port: () => listening })
  const server = createApp(workbench, renderer, gate)
  try {
    await server.listen({ host, port })
  } catch (error) {
    await server.close()
    if (!isPortTaken(error)) throw error
    throw new InputError(`port ${port} is taken; name another, or 0 for any`, { field: '--port' })
  }
  listening = (server.server.address() as AddressInfo).port
  const address = `http://${host === '::1' ? '[::1]' : host}:${listening}`
  return {
    address,
    token,
    launchUrl: () => address + gate.launchPath(),
    close: () => server.close(),
  }
}

function createApp(workbench: Workbench, renderer: string | null, gate: Gate): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    // A batch names all its procedures in the path.
    routerOptions: { maxParamLength: 5_000 },
    serverFactory: (route) => createServer((request, response) => guard(gate, request, response, route)),
  })
  // A command in another terminal asks for a link to print; a browser's session may not mint more of them.
  app.post('/launch', (request, reply) =>
    request.headers.authorization === undefined
      ? reply.code(403).send('A launch link needs the bearer token.')
      : reply.send({ path: gate.launchPath() }),
  )
  app.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: appRouter,
      createContext: () => ({ workbench, unpacks: true }),
      allowMethodOverride: true,
    },
  } satisfies FastifyTRPCPluginOptions<AppRouter>)
  if (renderer !== null) servePage(app, renderer)
  return app
}

function servePage(app: FastifyInstance, renderer: string): void {
  app.register(fastifyStatic, {
    root: renderer,
    dotfiles: 'deny',
    allowedPath: (path) => !path.endsWith('.map'),
    cacheControl: false,
    setHeaders: (response, path) => {
      // Built files carry their hash in their name; the page itself does not.
      response.header(
        'Cache-Control',
        path.endsWith('.html') ? 'no-store' : 'private, max-age=31536000, immutable',
      )
    },
  })
}

/** Of the two pages that are no file of the renderer. Without an icon of its own, a browser would ask for one. */
const HEAD = '<!doctype html><title>Fairsweep</title><link rel="icon" href="data:,">'

/** Judges a request before any routing, and answers it here unless it is admitted. */
function guard(gate: Gate, request: IncomingMessage, response: ServerResponse, route: RequestListener): void {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value)
  const { method = '', url = '/', headers, rawHeaders } = request
  const verdict = gate.judge({ method, url, headers, rawHeaders })
  if (verdict.kind === 'admitted') return void route(request, response)
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('Content-Type', 'text/html; charset=utf-8')
  response.setHeader('Connection', 'close')
  if (verdict.kind === 'launched') {
    // A page of ours that moves on by itself, not a redirect: after a redirect from another site's link, the browser
    // would hold the strict cookie back.
    if (verdict.cookie !== null) response.setHeader('Set-Cookie', verdict.cookie)
    response.end(`${HEAD}<meta http-equiv="refresh" content="0;url=/">`)
    return
  }
  response.statusCode = verdict.status
  response.end(`${HEAD}<h1>Not open</h1><p>${verdict.why}</p>`)
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
