import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { installation } from '../src-main/installation'
import { fakeElectron } from './fake-electron'

/**
 * The desktop entry against a fake Electron: each point of Electron's security checklist that code can keep. The
 * numbers are the checklist's.
 */

const electron = fakeElectron()
vi.mock('electron', () => electron.module)

beforeAll(async () => {
  process.env['FAIRSWEEP_WORKSPACE'] = mkdtempSync(join(tmpdir(), 'fairsweep-desktop-'))
  await import('../src-main/electron')
  await vi.waitFor(() => expect(electron.windows).toHaveLength(1), 10_000)
})

afterAll(async () => {
  electron.emitApp('before-quit', { preventDefault: () => undefined })
  await vi.waitFor(() => expect(electron.quits()).toBeGreaterThan(0), 10_000)
})

const preferences = () => electron.windows[0]?.options.webPreferences ?? {}

describe('the window', () => {
  test.each([
    ['2: no Node in the page', 'nodeIntegration', false],
    ['2: no Node in its workers', 'nodeIntegrationInWorker', false],
    ['2: no Node in its frames', 'nodeIntegrationInSubFrames', false],
    ['3: the preload has a context of its own', 'contextIsolation', true],
    ['4: the page is sandboxed', 'sandbox', true],
    ['6: web security is on', 'webSecurity', true],
    ['8: no insecure content', 'allowRunningInsecureContent', false],
    ['9: no experimental features', 'experimentalFeatures', false],
    ['11: no webview', 'webviewTag', false],
    ['a dropped file opens nothing', 'navigateOnDragDrop', false],
  ])('%s', (_point, key, value) => {
    expect(preferences()[key]).toBe(value)
  })

  test('10: no Blink features are turned on', () => {
    expect(preferences()).not.toHaveProperty('enableBlinkFeatures')
  })

  test('4: every process is sandboxed, before the app is ready', () => {
    expect(electron.order.indexOf('enableSandbox')).toBeLessThan(electron.order.indexOf('ready'))
    expect(electron.order).toContain('enableSandbox')
  })

  test('18: the page comes by app://, a standard and secure scheme, and not from a file', () => {
    expect(electron.windows[0]?.loaded).toBe('app://workbench/index.html')
    expect(electron.schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ])
  })

  test('a second start shows the window that is open', () => {
    electron.emitApp('second-instance')
    expect(electron.windows).toHaveLength(1)
    expect(electron.windows[0]?.focused).toBe(1)
  })
})

describe('what the page may do', () => {
  test('5: every permission is denied', () => {
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'clipboard-read',
      'openExternal',
      'fileSystem',
    ]) {
      const answers: boolean[] = []
      electron.session.permissionRequest?.(null, permission, (allowed) => answers.push(allowed))
      expect(answers).toEqual([false])
      expect(electron.session.permissionCheck?.(null, permission)).toBe(false)
    }
    expect(electron.session.devicePermission?.()).toBe(false)
  })

  test('1: nothing is fetched from the network or from files', () => {
    const isStopped = (url: string): boolean => {
      let cancelled = false
      electron.session.beforeRequest?.({ url }, ({ cancel }) => (cancelled = cancel))
      return cancelled
    }
    expect(isStopped('app://workbench/assets/main.js')).toBe(false)
    for (const url of [
      'https://example.org',
      'http://127.0.0.1:1',
      'file:///etc/passwd',
      'ws://localhost',
      'ftp://x',
      'chrome://version',
    ]) {
      expect(isStopped(url), url).toBe(true)
    }
  })

  test.each([
    'https://example.org/',
    'http://localhost/',
    'file:///etc/passwd',
    'data:text/html,<script>1</script>',
    'javascript:alert(1)',
    'app://workbench.evil/',
    'app://other/',
    'app:workbench',
    'smb://host/share',
    'ms-msdt:/id',
    'about:blank',
  ])('13: it does not go to %s', (url) => {
    for (const event of ['will-navigate', 'will-redirect', 'will-frame-navigate']) {
      const preventDefault = vi.fn()
      electron.contents.emit(event, { url, preventDefault })
      expect(preventDefault, event).toHaveBeenCalledOnce()
    }
  })

  test('13: it moves among its own places', () => {
    const preventDefault = vi.fn()
    electron.contents.emit('will-navigate', { url: 'app://workbench/index.html#/runs', preventDefault })
    expect(preventDefault).not.toHaveBeenCalled()
  })

  test('12: no webview is attached', () => {
    const preventDefault = vi.fn()
    electron.contents.emit('will-attach-webview', { preventDefault })
    expect(preventDefault).toHaveBeenCalledOnce()
  })
})

describe('links out of the window', () => {
  beforeEach(() => {
    electron.opened.length = 0
    electron.answer = 0
  })

  const open = (url: string): unknown => electron.contents.windowOpen?.({ url })

  test('14: no window is ever opened', () => {
    expect(open('https://arxiv.org/abs/2107.12460')).toEqual({ action: 'deny' })
    expect(open('app://workbench/')).toEqual({ action: 'deny' })
  })

  test('15: a known site opens in the browser, after asking', async () => {
    open('https://arxiv.org/abs/2107.12460')
    await vi.waitFor(() => expect(electron.opened).toEqual(['https://arxiv.org/abs/2107.12460']))
  })

  test('15: a no is a no', async () => {
    electron.answer = 1
    open('https://arxiv.org/abs/2107.12460')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(electron.opened).toEqual([])
  })

  test.each([
    'http://arxiv.org/',
    'https://arxiv.org.evil.example/',
    'https://arxiv.org@evil.example/',
    'https://xarxiv.org/',
    'https://arxiv.org:8443/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'ms-msdt:/id PCWDiagnostic',
    'smb://host/share',
    'not a url',
  ])('15: %s is not opened, and not asked about', async (url) => {
    const asked = electron.asked()
    open(url)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(electron.opened).toEqual([])
    expect(electron.asked()).toBe(asked)
  })
})

describe('the page’s own files', () => {
  const get = (url: string): Promise<Response> => electron.session.handle(url)

  test('7: carry a policy without eval and without other hosts', async () => {
    const { headers } = await get('app://workbench/nothing.js')
    const policy = headers.get('Content-Security-Policy') ?? ''
    expect(policy).toContain("default-src 'none'; script-src 'self';")
    expect(policy).not.toMatch(/unsafe-eval|https?:|\*/)
  })

  test.each([
    'app://workbench/../../package.json',
    'app://workbench/%2e%2e/%2e%2e/package.json',
    'app://workbench/..%2f..%2fpackage.json',
    `app://workbench/${encodeURIComponent(pathToFileURL(join(installation.root, 'package.json')).href)}`,
    'app://workbench//etc/passwd',
    'app://workbench/.env',
    'app://workbench/index.html%00.js',
    'app://other/index.html',
  ])('18: %s is not served', async (url) => {
    expect((await get(url)).status).toBe(404)
  })
})
