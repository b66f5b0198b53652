import { app, dialog, Menu } from 'electron'
import type { MenuItemConstructorOptions } from 'electron'
import { installation } from '../installation'
import type { Workbench } from '../workbench'
import { isOurFile } from '../workbench/opened-files'
import { recentWorkspaces } from '../workspace/recent'
import { goTo, pressKeys } from './window'

/** Their names are those of the sidebar, in its order. */
const PLACES = ['Studies', 'Design', 'Queue', 'Runs', 'Compare', 'Reports', 'Library', 'Settings'] as const
const IS_MAC = process.platform === 'darwin'

/** The native menu: the places, another workspace, and what every desktop program has. */
export function setupMenu(workbench: Workbench): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuOf(workbench)))
}

function menuOf(workbench: Workbench): MenuItemConstructorOptions[] {
  const command = IS_MAC ? 'meta' : 'control'
  return [
    ...(IS_MAC ? [{ role: 'appMenu' as const }] : []),
    {
      label: 'File',
      submenu: [
        {
          label: 'Open workspace …',
          accelerator: 'CmdOrCtrl+O',
          click: () => void chooseWorkspace(workbench),
        },
        { label: 'Recent workspaces', submenu: recentItems(workbench) },
        { type: 'separator' },
        { role: IS_MAC ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: 'Go',
      submenu: [
        // The page has keys of its own for these, and hears them itself.
        ...PLACES.map((place, i) => ({
          label: place,
          accelerator: `Alt+${i + 1}`,
          registerAccelerator: false,
          click: () => goTo(place.toLowerCase()),
        })),
        { type: 'separator' },
        {
          label: 'Find anything',
          accelerator: 'CmdOrCtrl+K',
          registerAccelerator: false,
          click: () => pressKeys('K', [command]),
        },
        {
          label: 'All keys',
          accelerator: 'CmdOrCtrl+/',
          registerAccelerator: false,
          click: () => pressKeys('/', [command]),
        },
      ],
    },
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
  ]
}

function recentItems(workbench: Workbench): MenuItemConstructorOptions[] {
  const others = recentWorkspaces(installation.cache).filter(({ path }) => path !== workbench.workspace)
  if (others.length === 0) return [{ label: 'None yet', enabled: false }]
  return others.map(({ path }) => ({ label: path, click: () => void openWorkspace(workbench, path) }))
}

async function chooseWorkspace(workbench: Workbench): Promise<void> {
  const { filePaths } = await dialog.showOpenDialog({
    title: 'Open workspace',
    buttonLabel: 'Open',
    defaultPath: workbench.workspace,
    properties: ['openDirectory', 'createDirectory'],
  })
  const [folder] = filePaths
  if (folder !== undefined) await openWorkspace(workbench, folder)
}

/** A program has one workspace: another one is opened by starting afresh, when what is in training is saved. */
async function openWorkspace(workbench: Workbench, folder: string): Promise<void> {
  if (workbench.progress().length > 0) {
    const { response } = await dialog.showMessageBox({
      message: 'Runs are being trained here.',
      detail:
        'Their state is saved before the other workspace opens; they go on when this one is opened and resumed.',
      buttons: ['Save and open', 'Stay here'],
      defaultId: 1,
      cancelId: 1,
    })
    if (response !== 0) return
  }
  app.relaunch({
    args: [
      ...process.argv.slice(1).filter((arg) => !isWorkspaceArgument(arg) && !isOurFile(arg)),
      workspaceArgument(folder),
    ],
  })
  app.quit()
}

const ARGUMENT = '--workspace='
const isWorkspaceArgument = (arg: string): boolean => arg.startsWith(ARGUMENT)
const workspaceArgument = (folder: string): string => `${ARGUMENT}${folder}`

/** The workspace that a start names; null: none. */
export const workspaceIn = (args: readonly string[]): string | null =>
  args.findLast(isWorkspaceArgument)?.slice(ARGUMENT.length) ?? null
