import { dialog, shell } from 'electron'
import type { Session, WebContents, WebPreferences } from 'electron'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PAGE_HEADERS, pageFile } from '../api/page'
import { installation } from '../installation'

/**
 * What the page in a window may do: it gets the two verbs of the preload and its own files by app://, and nothing of the
 * network or the machine. It is the same page as over HTTP, and trusted as little.
 */

export const ORIGIN = 'app://workbench'
/** Sites that a link may open in the user's own browser, after asking. */
const OUTSIDE = new Set(['arxiv.org', 'doi.org'])

export const PREFERENCES: WebPreferences = {
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

export const isOurs = (url: string): boolean => url === ORIGIN || url.startsWith(`${ORIGIN}/`)

/** No page of ours goes anywhere else, opens windows, or holds another page. */
export function confine(contents: WebContents): void {
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

/** Its copy buttons write to the clipboard; nothing ever reads it. */
const isAllowed = (permission: string, asker: string): boolean =>
  permission === 'clipboard-sanitized-write' && isOurs(asker)

/** The page's files, and nothing else, whatever it asks for. */
export function setupSession(page: Session): void {
  page.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) =>
    answer(isAllowed(permission, requestingUrl)),
  )
  page.setPermissionCheckHandler((_contents, permission, origin) => isAllowed(permission, origin))
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
