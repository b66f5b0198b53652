import { app, BrowserWindow, dialog, protocol, session, shell } from 'electron'
import { launchLink } from './api/client'
import type { HttpDoor } from './api/http'
import { openIpcDoor } from './api/ipc'
import { openOwnerDoor } from './api/owner-door'
import { setupMenu } from './electron/menu'
import { notifyOfEnds } from './electron/notices'
import { openedFiles } from './electron/opened'
import { openWorkspace, workspaceIn } from './electron/other-workspace'
import { confine, isOurs, setupSession } from './electron/page'
import { showWindow } from './electron/window'
import { startUtility } from './electron/worker-process'
import { installation } from './installation'
import { channelsTo } from './queue/channel'
import { openWorkbench } from './workbench'
import type { Workbench } from './workbench'
import { findDoor } from './workspace/door'
import { defaultWorkspace } from './workspace/location'
import { WorkspaceInUseError } from './workspace/owner'
import { rememberWorkspace } from './workspace/recent'

/** The desktop entry: one window on one workspace, which it owns and lets commands in other terminals ask for. */

// Schemes and the sandbox must be settled before the app is ready.
protocol.registerSchemesAsPrivileged([
  { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
])
app.enableSandbox()

// By the installer's name for it; Windows shows notices of nobody that it does not know.
if (process.platform === 'win32') app.setAppUserModelId('org.fairsweep.workbench')

const files = openedFiles()

if (app.requestSingleInstanceLock()) void start()
else app.quit()

async function start(): Promise<void> {
  app.on('web-contents-created', (_event, contents) => confine(contents))
  await app.whenReady()
  setupSession(session.defaultSession)
  const workspace = workspaceIn(process.argv, process.cwd()) ?? defaultWorkspace()
  const workbench = await openOrExplain(workspace)
  if (workbench === null) return app.quit()
  rememberWorkspace(installation.cache, workbench.workspace)
  setupMenu(workbench)
  const closeIpc = openIpcDoor(workbench, isOurs)
  const door = await openOwnerDoor(workbench)
  notifyOfEnds(workbench, () => BrowserWindow.getFocusedWindow() !== null, showWindow)
  setupQuit(workbench, closeIpc, door)
  app.on('activate', () => showWindow())
  app.on('second-instance', (_event, args, folder) => {
    const other = workspaceIn(args, folder)
    if (other !== null) void openWorkspace(workbench, other)
  })
  app.on('window-all-closed', () => app.quit())
  files.showIn(workbench)
}

async function openOrExplain(workspace: string): Promise<Workbench | null> {
  try {
    const openWorker = channelsTo(installation.workerEntry, startUtility)
    return await openWorkbench({ workspace, access: 'owner', what: 'the Fairsweep window', openWorker })
  } catch (error) {
    if (error instanceof WorkspaceInUseError && (await openItsDoor(workspace, error))) return null
    dialog.showErrorBox(
      'The workspace cannot be opened',
      error instanceof Error ? error.message : String(error),
    )
    return null
  }
}

/** Another process trains there and has a workbench of its own, which a browser can show. */
async function openItsDoor(workspace: string, error: Error): Promise<boolean> {
  const door = findDoor(workspace)
  if (door === null) return false
  const { response } = await dialog.showMessageBox({
    message: 'This workspace is open in another program.',
    detail: `${error.message}. Its workbench can be opened in your browser.`,
    buttons: ['Open in the browser', 'Quit'],
    defaultId: 0,
    cancelId: 1,
  })
  if (response === 0) await shell.openExternal(await launchLink(door))
  return true
}

/** Quitting waits until what is in training is saved, however often it is asked for meanwhile. */
function setupQuit(workbench: Workbench, closeIpc: () => void, door: HttpDoor): void {
  let saving: Promise<void> | null = null
  let isSaved = false
  app.on('before-quit', (event) => {
    if (isSaved) return
    event.preventDefault()
    saving ??= save().finally(() => {
      isSaved = true
      app.quit()
    })
  })
  async function save(): Promise<void> {
    // Nothing answers the page any more.
    for (const window of BrowserWindow.getAllWindows()) window.hide()
    closeIpc()
    await door.close()
    await workbench.close()
  }
}
