import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { readWindowState } from '../src-main/electron/window-state'
import { installation } from '../src-main/installation'
import type { Workbench, WorkbenchHappening } from '../src-main/workbench'
import { findDoor } from '../src-main/workspace/door'
import { findOwner } from '../src-main/workspace/owner'
import { fakeElectron } from './fake-electron'

/**
 * The desktop entry against a fake Electron: each point of Electron's security checklist that code can keep. The
 * numbers are the checklist's.
 */

const electron = fakeElectron()
vi.mock('electron', () => electron.module)

let workspace: string
/** A file that the program was started with. */
let early: string
let loadedFirst: string

beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'fairsweep-desktop-'))
  process.env['FAIRSWEEP_WORKSPACE'] = workspace
  early = join(workspace, 'early.fairsweep')
  writeFileSync(early, '')
  process.argv.push('--flag', early)
  await import('../src-main/electron')
  await vi.waitFor(() => expect(electron.windows).toHaveLength(1), 10_000)
  loadedFirst = electron.windows[0]?.loaded ?? ''
})

afterAll(() => {
  process.argv.splice(-2)
  rmSync(workspace, { recursive: true })
})

const preferences = () => electron.windows[0]?.options.webPreferences ?? {}

type Item = (typeof electron.menus)[number][number]
const itemsOf = (label: string): readonly Item[] =>
  electron.menus.at(-1)?.find((menu) => menu.label === label)?.submenu ?? []
const choose = (menu: string, label: string): void =>
  itemsOf(menu)
    .find((item) => item.label === label)
    ?.click?.()

describe('the menu', () => {
  test('has every place of the sidebar, and shows it in the window that is open', () => {
    const places = itemsOf('Go').flatMap(({ label }) => label ?? [])
    expect(places).toEqual([
      ...['Studies', 'Design', 'Queue', 'Runs', 'Compare', 'Reports', 'Library', 'Settings'],
      ...['Find anything', 'All keys'],
    ])
    choose('Go', 'Compare')
    expect(electron.windows).toHaveLength(1)
    expect(electron.windows[0]?.loaded).toBe('app://workbench/index.html#/compare')
    choose('Go', 'Find anything')
    expect(electron.windows[0]?.keys).toMatchObject([{ type: 'keyDown', keyCode: 'K' }, { type: 'keyUp' }])
  })

  test('opens another workspace by starting afresh, once what is trained is saved', async () => {
    electron.chosen = ['/elsewhere']
    choose('File', 'Open workspace …')
    await vi.waitFor(() => expect(electron.relaunched.at(-1)?.at(-1)).toBe('--workspace=/elsewhere'))
    expect(electron.relaunched.at(-1)?.filter((arg) => arg.startsWith('--workspace='))).toHaveLength(1)
    electron.chosen = []
    choose('File', 'Open workspace …')
    expect(electron.relaunched).toHaveLength(1)
  })
})

describe('a second start that names another workspace', () => {
  test('opens it in place of this one, as the menu does', async () => {
    process.env['APPIMAGE'] = '/home/me/Fairsweep.AppImage'
    const before = electron.relaunched.length
    electron.emitApp('second-instance', {}, ['fairsweep', '--workspace=other'], '/home/me')
    await vi.waitFor(() => expect(electron.relaunched).toHaveLength(before + 1))
    expect(electron.relaunched.at(-1)?.at(-1)).toBe('--workspace=/home/me/other')
    // What an AppImage runs is unmounted when it ends.
    expect(electron.relaunchedBy).toBe('/home/me/Fairsweep.AppImage')
    delete process.env['APPIMAGE']
    electron.emitApp('second-instance', {}, ['fairsweep', `--workspace=${workspace}`], '/')
    expect(electron.relaunched).toHaveLength(before + 1)
  })
})

describe('a file that is opened with the program', () => {
  /** What the page is asked to show: the place, and the files by asking the workbench with their tickets. */
  async function shown(
    loaded = electron.windows[0]?.loaded ?? '',
  ): Promise<{ place: string; files: unknown[] }> {
    const [place = '', query] = loaded.split('#/')[1]?.split('?') ?? []
    const tickets = new URLSearchParams(query).get('opened')?.split(',') ?? []
    const { address, token } = findDoor(workspace)!
    const files = tickets.map(async (ticket) => {
      const input = encodeURIComponent(JSON.stringify({ ticket }))
      const headers = { authorization: `Bearer ${token}` }
      const answer = await fetch(`${address}/trpc/imports.opened?input=${input}`, { headers })
      return ((await answer.json()) as { result?: { data: unknown } }).result?.data
    })
    return { place, files: await Promise.all(files) }
  }
  const file = (name: string, text = ''): string => {
    const path = join(workspace, name)
    writeFileSync(path, text)
    return path
  }
  const runs = (name: string) => ({ kind: 'runs', name, path: join(workspace, name) })

  test('at its start is shown in the window that opens', async () => {
    expect(await shown(loadedFirst)).toEqual({ place: 'studies', files: [runs('early.fairsweep')] })
  })

  test('by a second start is shown where the page is, after what waits there', async () => {
    electron.windows[0]!.loaded = 'app://workbench/index.html#/compare?study=mnist'
    file('mine.fairsweep')
    const focused = electron.windows[0]!.focused
    const args = ['fairsweep', '--no-sandbox', 'mine.fairsweep', 'gone.fairsweep', 'notes.txt']
    electron.emitApp('second-instance', {}, args, workspace)
    expect(electron.windows[0]?.loaded).toMatch(/#\/compare\?study=mnist&opened=[0-9a-f-]{36}$/)
    expect(electron.windows[0]!.focused).toBeGreaterThan(focused)
    electron.emitApp(
      'second-instance',
      {},
      ['fairsweep', pathToFileURL(file('two.yaml', 'name: two')).href],
      '/',
    )
    expect(await shown()).toEqual({
      place: 'compare',
      files: [runs('mine.fairsweep'), { kind: 'study', name: 'two.yaml', text: 'name: two' }],
    })
  })

  test('on a Mac comes as an event, and only what is ours is taken', async () => {
    electron.windows[0]!.loaded = 'app://workbench/index.html'
    let prevented = 0
    const event = { preventDefault: () => prevented++ }
    electron.emitApp('open-file', event, file('picture.png'))
    expect(electron.windows[0]?.loaded).toBe('app://workbench/index.html')
    electron.emitApp('open-file', event, file('three.YML', 'name: three'))
    expect(prevented).toBe(2)
    expect((await shown()).files).toEqual([{ kind: 'study', name: 'three.YML', text: 'name: three' }])
  })

  test('is not opened again with another workspace', async () => {
    electron.chosen = ['/elsewhere']
    choose('File', 'Open workspace …')
    await vi.waitFor(() => expect(electron.relaunched.at(-1)).toContain('--flag'))
    expect(electron.relaunched.at(-1)).not.toContain(early)
    electron.chosen = []
  })
})

describe('a command in a terminal', () => {
  test('finds the door of the window, which asks for its token', async () => {
    const door = findDoor(workspace)
    expect((await fetch(`${door?.address}/trpc/studies.list`)).status).toBe(401)
    const asked = await fetch(`${door?.address}/trpc/studies.list`, {
      headers: { authorization: `Bearer ${door?.token}` },
    })
    expect(asked.status).toBe(200)
  })
})

describe('where the window was', () => {
  test('is kept when it closes, and found again while there is a screen there', () => {
    const file = join(electron.userData, 'window.json')
    expect(readWindowState(file, [])).toBeNull()
    electron.windows[0]?.emit('close')
    const state = { x: 40, y: 50, width: 1000, height: 700, isMaximized: false }
    const screen = { x: 0, y: 0, width: 1920, height: 1080 }
    expect(readWindowState(file, [screen])).toEqual(state)
    expect(readWindowState(file, [{ ...screen, x: 3000 }])).toBeNull()
    writeFileSync(file, '{"x": "left"}')
    expect(readWindowState(file, [screen])).toBeNull()
  })
})

describe('what is told on the desktop', () => {
  const happened = (event: WorkbenchHappening): void => void listeners.forEach((listen) => listen(event))
  const listeners: ((event: WorkbenchHappening) => void)[] = []
  const workbench = { subscribe: (listen: (event: WorkbenchHappening) => void) => listeners.push(listen) }

  test('is the end of a study and what stops the queue, unless the window is looked at', async () => {
    const { notifyOfEnds } = await import('../src-main/electron/notices')
    let isLookedAt = false
    notifyOfEnds(
      workbench as unknown as Workbench,
      () => isLookedAt,
      () => undefined,
    )
    happened({ type: 'study-changed', study: 'mnist', state: 'running' })
    happened({ type: 'log', level: 'warning', study: null, run: null, message: 'a retry' })
    expect(electron.notices).toEqual([])
    happened({ type: 'study-changed', study: 'mnist', state: 'complete' })
    happened({ type: 'log', level: 'error', study: null, run: null, message: 'the queue stopped' })
    expect(electron.notices.map(({ options }) => options.title)).toEqual([
      'mnist is complete',
      'Fairsweep needs you',
    ])
    expect(electron.notices.every(({ shown }) => shown)).toBe(true)
    isLookedAt = true
    happened({ type: 'study-changed', study: 'mnist', state: 'incomplete' })
    expect(electron.notices).toHaveLength(2)
  })
})

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
    expect(electron.windows[0]?.loaded).toMatch(/^app:\/\/workbench\/index.html/)
    expect(electron.schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ])
  })

  test('a second start shows the window that is open', () => {
    const before = electron.windows[0]?.focused ?? 0
    electron.emitApp('second-instance', {}, ['fairsweep'], '/')
    expect(electron.windows).toHaveLength(1)
    expect(electron.windows[0]?.focused).toBe(before + 1)
  })
})

describe('what the page may do', () => {
  /** Whether the page gets a permission, by asking for it and by looking whether it has it. */
  const mayHave = (permission: string, asker: string): boolean[] => {
    const answers: boolean[] = []
    electron.session.permissionRequest?.(null, permission, (allowed) => answers.push(allowed), {
      requestingUrl: asker,
    })
    return [...answers, electron.session.permissionCheck?.(null, permission, asker) ?? false]
  }

  test('5: every permission is denied', () => {
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'clipboard-read',
      'openExternal',
      'fileSystem',
    ]) {
      expect(mayHave(permission, 'app://workbench/'), permission).toEqual([false, false])
    }
    expect(electron.session.devicePermission?.()).toBe(false)
  })

  test('5: but that its copy buttons write to the clipboard', () => {
    expect(mayHave('clipboard-sanitized-write', 'app://workbench/index.html')).toEqual([true, true])
    expect(mayHave('clipboard-sanitized-write', 'https://example.org/')).toEqual([false, false])
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

// The last one: nothing is left to be tested afterwards.
test('quitting, asked for twice, waits until the workspace is let go of', async () => {
  const owners: unknown[] = []
  electron.onQuit = () => owners.push(findOwner(workspace))
  let prevented = 0
  const quit = (): boolean => electron.emitApp('before-quit', { preventDefault: () => prevented++ })
  quit()
  await new Promise((resolve) => setImmediate(resolve))
  quit()
  await vi.waitFor(() => expect(owners.length).toBeGreaterThan(0), 10_000)
  expect(owners).toEqual([null])
  expect(prevented).toBe(2)
  quit()
  expect(prevented).toBe(2)
})
