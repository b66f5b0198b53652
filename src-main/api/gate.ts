import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/**
 * Who may come in through the HTTP door. Every request is judged before it is routed, whatever its method, and is
 * refused unless something admits it: the session cookie of a browser that opened the launch link, or the bearer token
 * that the owner keeps in a file only this user can read.
 *
 * A page of another site cannot get in even when it guesses the port: the Host must be a loopback name (no rebound
 * DNS name), the Origin must be our own, and the browser must not call the request cross-site.
 */
export interface Gate {
  judge(knock: Knock): Verdict
  /** A fresh launch path; it opens one session, once, within `LAUNCH_LIFETIME_MS`. */
  launchPath(): string
}

export interface Knock {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Name, value, name, value …, as received: shows a header that came twice. */
  readonly rawHeaders: readonly string[]
}

export type Verdict =
  | { readonly kind: 'admitted' }
  /** Send the browser to the workbench: the launch token was right, and this is its cookie; null: it has a session. */
  | { readonly kind: 'launched'; readonly cookie: string | null }
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 405 | 429; readonly why: string }

export interface GateOptions {
  readonly bearer: string
  /** Port in the cookie's name: cookies do not tell ports apart, and two workbenches may be open. */
  readonly port: () => number
  readonly now?: () => number
}

export const LAUNCH_LIFETIME_MS = 10 * 60_000
export const SESSION_LIFETIME_MS = 7 * 24 * 60 * 60_000
export const TRIES_PER_MINUTE = 10
const MINUTE_MS = 60_000
const METHODS = new Set(['GET', 'HEAD', 'POST'])
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/

export function createGate({ bearer, port, now = Date.now }: GateOptions): Gate {
  const launches = new Map<string, number>()
  const sessions = new Map<string, number>()
  let failures: number[] = []

  const wrongToken = (): Verdict => {
    failures.push(now())
    return refused(
      401,
      'This link or token is not valid, or was used already. “fairsweep serve” in a terminal prints a fresh one.',
    )
  }

  const hasSession = (headers: IncomingHttpHeaders): boolean => {
    const session = cookieOf(headers, cookieName(port()))
    return session !== null && isLive(sessions, session, now())
  }

  const judgeLaunch = (token: string | null, headers: IncomingHttpHeaders): Verdict => {
    // Whoever is in already may follow the link again.
    if (token === null || !take(launches, token, now()))
      return hasSession(headers) ? { kind: 'launched', cookie: null } : wrongToken()
    const session = randomToken()
    sessions.set(hash(session), now() + SESSION_LIFETIME_MS)
    return {
      kind: 'launched',
      cookie: `${cookieName(port())}=${session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SESSION_LIFETIME_MS / 1000}`,
    }
  }

  return {
    judge(knock) {
      const { method, headers } = knock
      if (!isLoopbackHost(knock)) return refused(403, 'Only a loopback address opens this workbench.')
      if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) {
        return refused(403, 'Another site asked for this.')
      }
      const [path, query] = knock.url.split('?', 2)
      const isLaunch = path === '/launch' && method === 'GET'
      const site = headers['sec-fetch-site']
      // The launch link may be clicked on any page, such as a terminal in a browser; its token is what counts.
      if (!isLaunch && site !== undefined && site !== 'same-origin' && site !== 'none') {
        return refused(403, 'Another site asked for this.')
      }
      failures = failures.filter((at) => at > now() - MINUTE_MS)
      const throttled = failures.length >= TRIES_PER_MINUTE
      if (isLaunch) {
        return throttled
          ? refused(429, 'Too many wrong tokens; wait a minute.')
          : judgeLaunch(new URLSearchParams(query).get('token'), headers)
      }
      const given = bearerOf(headers)
      if (given !== null) {
        if (throttled) return refused(429, 'Too many wrong tokens; wait a minute.')
        if (!equal(given, bearer)) return wrongToken()
      } else {
        if (!hasSession(headers)) {
          return refused(
            401,
            'Open the workbench with the link that its start printed, or with a fresh one: “fairsweep serve” in a terminal.',
          )
        }
        // A browser names the origin of every POST; one that does not is not the workbench.
        if (method === 'POST' && headers.origin === undefined)
          return refused(403, 'This request names no origin.')
      }
      return METHODS.has(method)
        ? { kind: 'admitted' }
        : refused(405, `${method} is not a method of this workbench.`)
    },
    launchPath() {
      const token = randomToken()
      launches.set(hash(token), now() + LAUNCH_LIFETIME_MS)
      return `/launch?token=${token}`
    },
  }
}

/** 256 bits, in characters that need no escaping in a URL, a header or a cookie. */
export const randomToken = (): string => randomBytes(32).toString('base64url')

const refused = (status: 401 | 403 | 405 | 429, why: string): Verdict => ({ kind: 'refused', status, why })
const cookieName = (port: number): string => `fairsweep_${port}`
const hash = (token: string): string => createHash('sha256').update(token).digest('hex')

/** In constant time, whatever the lengths. */
function equal(given: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(hash(given), 'hex'), Buffer.from(hash(expected), 'hex'))
}

/** Tokens are kept and looked up by their hash, so that timing tells nothing about them. */
function isLive(tokens: Map<string, number>, token: string, at: number): boolean {
  const key = hash(token)
  const end = tokens.get(key)
  if (end !== undefined && end <= at) tokens.delete(key)
  return end !== undefined && end > at
}

function take(tokens: Map<string, number>, token: string, at: number): boolean {
  const live = isLive(tokens, token, at)
  tokens.delete(hash(token))
  return live
}

function isLoopbackHost({ headers, rawHeaders }: Knock): boolean {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  return hosts.length === 1 && headers.host !== undefined && LOOPBACK_HOST.test(headers.host)
}

function bearerOf(headers: IncomingHttpHeaders): string | null {
  return headers.authorization === undefined ? null : headers.authorization.replace(/^Bearer /i, '')
}

function cookieOf(headers: IncomingHttpHeaders, name: string): string | null {
  const found = headers.cookie?.split(/; */).find((pair) => pair.startsWith(`${name}=`))
  return found?.slice(name.length + 1) ?? null
}
