import { app, BrowserWindow, dialog, Menu, nativeTheme, protocol, session, shell } from 'electron'
import type { Session, WebContents, WebPreferences } from 'electron'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openIpcDoor } from './api/ipc'
import { PAGE_HEADERS, pageFile } from './api/page'
import { installation } from './installation'
import { openWorkbench } from './workbench'
import type { Workbench } from './workbench'
import { defaultWorkspace } from './workspace/location'

/**
 * The desktop entry: one window on one workspace. The page in it is the same as over HTTP and is trusted as little; it
 * gets the two verbs of the preload, its own files by app://, and nothing of the network or the machine.
 */

const ORIGIN = 'app://workbench'
/** Sites that a link may open in the user's own browser, after asking. */
const OUTSIDE = new Set(['arxiv.org', 'doi.org'])

const PREFERENCES: WebPreferences = {
  preload: join(installation.root, 'out/preload/preload.cjs'),
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
}

// Schemes and the sandbox must be settled before the app is ready.
protocol.registerSchemesAsPrivileged([
  { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
])
app.enableSandbox()

if (app.requestSingleInstanceLock()) void start()
else app.quit()

async function start(): Promise<void> {
  app.on('web-contents-created', (_event, contents) => confine(contents))
  await app.whenReady()
  setupSession(session.defaultSession)
  setupMenu()
  const workbench = await openOrExplain()
  if (workbench === null) return app.quit()
  const closeDoor = openIpcDoor(workbench, isOurs)
  setupQuit(workbench, closeDoor)
  app.on('second-instance', showWindow)
  app.on('activate', showWindow)
  app.on('window-all-closed', () => app.quit())
  showWindow()
}

const isOurs = (url: string): boolean => url === ORIGIN || url.startsWith(`${ORIGIN}/`)

async function openOrExplain(): Promise<Workbench | null> {
  try {
    return await openWorkbench({
      workspace: defaultWorkspace(),
      access: 'owner',
      what: 'the Fairsweep window',
    })
  } catch (error) {
    dialog.showErrorBox(
      'The workspace cannot be opened',
      error instanceof Error ? error.message : String(error),
    )
    return null
  }
}

function showWindow(): void {
  const open = BrowserWindow.getAllWindows()[0]
  if (open !== undefined) {
    if (open.isMinimized()) open.restore()
    return open.focus()
  }
  const window = new BrowserWindow({
    title: 'Fairsweep',
    width: 1440,
    height: 920,
    minWidth: 860,
    minHeight: 560,
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#0f1417' : '#f5f6f7',
    webPreferences: PREFERENCES,
  })
  window.once('ready-to-show', () => window.show())
  void window.loadURL(`${ORIGIN}/index.html`)
}

/** No page of ours goes anywhere else, opens windows, or holds another page. */
function confine(contents: WebContents): void {
  const stay = (event: { preventDefault(): void; readonly url: string }): void => {
    if (!isOurs(event.url)) event.preventDefault()
  }
  contents.on('will-navigate', stay)
  contents.on('will-redirect', stay)
  contents.on('will-frame-navigate', stay)
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    void askToOpenOutside(url)
    return { action: 'deny' }
  })
}

async function askToOpenOutside(address: string): Promise<void> {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url?.protocol !== 'https:' || !OUTSIDE.has(url.host)) return
  const { response } = await dialog.showMessageBox({
    message: `Open ${url.href} in your browser?`,
    buttons: ['Open', 'Stay here'],
    defaultId: 1,
    cancelId: 1,
  })
  if (response === 0) await shell.openExternal(url.href)
}

function setupSession(page: Session): void {
  page.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  page.setPermissionCheckHandler(() => false)
  page.setDevicePermissionHandler(() => false)
  page.webRequest.onBeforeRequest(({ url }, answer) =>
    answer({ cancel: !/^(?:app|devtools|data|blob):/.test(url) }),
  )
  page.protocol.handle('app', async ({ url }) => {
    const found = isOurs(url) ? pageFile(installation.renderer, url) : null
    if (found === null) return new Response('Not found', { status: 404, headers: PAGE_HEADERS })
    const headers = { ...PAGE_HEADERS, 'Content-Type': found.type }
    return readFile(found.file).then(
      (body) => new Response(new Uint8Array(body), { headers }),
      () => new Response('Not found', { status: 404, headers: PAGE_HEADERS }),
    )
  })
}

function setupMenu(): void {
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...(process.platform === 'darwin' ? [{ role: 'appMenu' as const }] : []),
      { role: 'fileMenu' },
      { role: 'editMenu' },
      {
        label: 'View',
        submenu: [
          { role: 'reload' },
          { type: 'separator' },
          { role: 'resetZoom' },
          { role: 'zoomIn' },
          { role: 'zoomOut' },
          { type: 'separator' },
          { role: 'togglefullscreen' },
        ],
      },
      { role: 'windowMenu' },
    ]),
  )
}

/** Quitting waits until what is in training is saved. */
function setupQuit(workbench: Workbench, closeDoor: () => void): void {
  let isSaved = false
  app.on('before-quit', (event) => {
    if (isSaved) return
    event.preventDefault()
    closeDoor()
    void workbench.close().finally(() => {
      isSaved = true
      app.quit()
    })
  })
}
