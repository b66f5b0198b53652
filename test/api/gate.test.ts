import { describe, expect, test } from 'vitest'
import {
  createGate,
  LAUNCH_LIFETIME_MS,
  SESSION_LIFETIME_MS,
  TRIES_PER_MINUTE,
} from '../../src-main/api/gate'
import type { Gate, Knock, Verdict } from '../../src-main/api/gate'

const BEARER = 'the-owner-s-token'
const HOST = '127.0.0.1:8123'

function knock(changes: Partial<Knock> & { host?: string | null } = {}): Knock {
  const { host = HOST, headers = {}, ...rest } = changes
  const all = host === null ? headers : { host, ...headers }
  const rawHeaders = Object.entries(all).flatMap(([name, value]) => [name, String(value)])
  return { method: 'GET', url: '/', rawHeaders, ...rest, headers: all }
}

const withBearer = (token: string, changes: Partial<Knock> = {}): Knock =>
  knock({ ...changes, headers: { authorization: `Bearer ${token}`, ...changes.headers } })

const statusOf = (verdict: Verdict): number | string =>
  verdict.kind === 'refused' ? verdict.status : verdict.kind

function gateAt(start = 0): { gate: Gate; wait: (ms: number) => void } {
  let now = start
  return {
    gate: createGate({ bearer: BEARER, port: () => 8123, now: () => now }),
    wait: (ms) => (now += ms),
  }
}

/** Opens the launch link and gives the cookie header a browser would send from then on. */
function signIn(gate: Gate): string {
  const verdict = gate.judge(knock({ url: gate.launchPath() }))
  if (verdict.kind !== 'launched' || verdict.cookie === null) throw new Error('the launch link did not open')
  return verdict.cookie.split(';')[0] ?? ''
}

describe('the host', () => {
  test.each([HOST, 'localhost:8123', '[::1]:8123', 'localhost', '127.0.0.1', 'localhost:9000'])(
    '%s is a loopback name',
    (host) => {
      expect(
        gateAt().gate.judge(
          withBearer(BEARER, { ...knock({ host }), headers: { host, authorization: `Bearer ${BEARER}` } }),
        ).kind,
      ).toBe('admitted')
    },
  )

  test.each([
    'evil.example',
    'evil.example:8123',
    'localhost.evil.example:8123',
    'localhost.',
    '127.0.0.1.nip.io',
    '127.0.0.1:8123.evil.example',
    'evil.example#127.0.0.1:8123',
    'user@127.0.0.1:8123',
    '2130706433',
    '0x7f.1',
    '127.1',
    '0.0.0.0:8123',
    '[::]:8123',
    '[::ffff:127.0.0.1]:8123',
    '192.168.1.7:8123',
    'localhost:',
    'localhost:x',
    'localhost:999999',
    ' localhost',
    'LOCALHOST.evil',
    '',
  ])('%j is refused whatever token comes with it', (host) => {
    const headers = { host, authorization: `Bearer ${BEARER}` }
    expect(statusOf(gateAt().gate.judge(knock({ host, headers })))).toBe(403)
  })

  test('a request without a host, or with two, is refused', () => {
    const { gate } = gateAt()
    expect(statusOf(gate.judge(knock({ host: null, headers: { authorization: `Bearer ${BEARER}` } })))).toBe(
      403,
    )
    const twice = { ...withBearer(BEARER), rawHeaders: ['Host', HOST, 'host', 'evil.example'] }
    expect(statusOf(gate.judge(twice))).toBe(403)
  })
})

describe('the origin', () => {
  test('only our own may be named', () => {
    const { gate } = gateAt()
    const from = (origin: string): Knock =>
      withBearer(BEARER, { method: 'POST', headers: { host: HOST, origin } })
    expect(gate.judge(from(`http://${HOST}`)).kind).toBe('admitted')
    for (const origin of [
      'null',
      'https://evil.example',
      `https://${HOST}`,
      'http://127.0.0.1:8124',
      `http://${HOST}.evil.example`,
    ]) {
      expect(statusOf(gate.judge(from(origin)))).toBe(403)
    }
  })

  test('a browser that calls the request cross-site or same-site is refused, cookie or not', () => {
    const { gate } = gateAt()
    const cookie = signIn(gate)
    for (const site of ['cross-site', 'same-site', 'anything']) {
      expect(statusOf(gate.judge(knock({ headers: { host: HOST, cookie, 'sec-fetch-site': site } })))).toBe(
        403,
      )
    }
    expect(gate.judge(knock({ headers: { host: HOST, cookie, 'sec-fetch-site': 'same-origin' } })).kind).toBe(
      'admitted',
    )
    expect(gate.judge(knock({ headers: { host: HOST, cookie, 'sec-fetch-site': 'none' } })).kind).toBe(
      'admitted',
    )
  })

  test('a POST with a cookie must name its origin', () => {
    const { gate } = gateAt()
    const cookie = signIn(gate)
    expect(statusOf(gate.judge(knock({ method: 'POST', headers: { host: HOST, cookie } })))).toBe(403)
  })
})

describe('the launch link', () => {
  test('opens one session, once', () => {
    const { gate } = gateAt()
    const url = gate.launchPath()
    expect(gate.judge(knock({ url })).kind).toBe('launched')
    expect(statusOf(gate.judge(knock({ url })))).toBe(401)
  })

  test('that was used leads who is in already to the workbench, and nobody else', () => {
    const { gate } = gateAt()
    const cookie = signIn(gate)
    const url = '/launch?token=used'
    expect(gate.judge(knock({ url, headers: { host: HOST, cookie } }))).toEqual({
      kind: 'launched',
      cookie: null,
    })
    expect(statusOf(gate.judge(knock({ url })))).toBe(401)
    expect(statusOf(gate.judge(knock({ url, headers: { host: HOST, cookie: `${cookie}x` } })))).toBe(401)
  })

  test('sets a cookie that scripts and other sites never get', () => {
    const { gate } = gateAt()
    const verdict = gate.judge(knock({ url: gate.launchPath() }))
    expect(verdict.kind === 'launched' && verdict.cookie).toMatch(
      /^fairsweep_8123=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; /,
    )
  })

  test('may be clicked on a page of another site', () => {
    const { gate } = gateAt()
    const headers = { host: HOST, 'sec-fetch-site': 'cross-site' }
    expect(gate.judge(knock({ url: gate.launchPath(), headers })).kind).toBe('launched')
  })

  test('expires', () => {
    const { gate, wait } = gateAt()
    const url = gate.launchPath()
    wait(LAUNCH_LIFETIME_MS)
    expect(statusOf(gate.judge(knock({ url })))).toBe(401)
  })

  test('every link is another', () => {
    const { gate } = gateAt()
    expect(gate.launchPath()).not.toBe(gate.launchPath())
  })
})

describe('sessions and tokens', () => {
  test('nothing is open without one', () => {
    const { gate } = gateAt()
    for (const method of [
      'GET',
      'HEAD',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'CONNECT',
      'PROPFIND',
    ]) {
      expect(statusOf(gate.judge(knock({ method })))).toBe(401)
    }
  })

  test('a session ends', () => {
    const { gate, wait } = gateAt()
    const cookie = signIn(gate)
    wait(SESSION_LIFETIME_MS - 1)
    expect(gate.judge(knock({ headers: { host: HOST, cookie } })).kind).toBe('admitted')
    wait(1)
    expect(statusOf(gate.judge(knock({ headers: { host: HOST, cookie } })))).toBe(401)
  })

  test('a session of another port is none of ours', () => {
    const { gate } = gateAt()
    const cookie = signIn(gate).replace('8123', '8124')
    expect(statusOf(gate.judge(knock({ headers: { host: HOST, cookie } })))).toBe(401)
  })

  test('a truncated, lengthened or wrong bearer is refused', () => {
    const { gate } = gateAt()
    for (const token of [BEARER.slice(0, -1), `${BEARER}x`, '', 'undefined']) {
      expect(statusOf(gate.judge(withBearer(token)))).toBe(401)
    }
  })

  test('admitted or not, only GET, HEAD and POST are methods here', () => {
    const { gate } = gateAt()
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      expect(statusOf(gate.judge(withBearer(BEARER, { method })))).toBe(405)
    }
  })

  test('guessing is stopped for a minute, and a browser that is in stays in', () => {
    const { gate, wait } = gateAt()
    const cookie = signIn(gate)
    for (let i = 0; i < TRIES_PER_MINUTE; i++)
      expect(statusOf(gate.judge(withBearer(`guess ${i}`)))).toBe(401)
    expect(statusOf(gate.judge(withBearer('one more')))).toBe(429)
    expect(statusOf(gate.judge(withBearer(BEARER)))).toBe(429)
    expect(statusOf(gate.judge(knock({ url: gate.launchPath() })))).toBe(429)
    expect(gate.judge(knock({ headers: { host: HOST, cookie } })).kind).toBe('admitted')
    wait(60_000)
    expect(gate.judge(withBearer(BEARER)).kind).toBe('admitted')
  })

  test('a session that is not one does not count as guessing a token', () => {
    const { gate } = gateAt()
    for (let i = 0; i < 3 * TRIES_PER_MINUTE; i++)
      gate.judge(knock({ headers: { host: HOST, cookie: 'fairsweep_8123=old' } }))
    expect(gate.judge(withBearer(BEARER)).kind).toBe('admitted')
  })
})
