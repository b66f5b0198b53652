import { dialog, Menu } from 'electron'
import type { MenuItemConstructorOptions } from 'electron'
import { installation } from '../installation'
import type { Workbench } from '../workbench'
import { recentWorkspaces } from '../workspace/recent'
import { goTo, pressKeys } from './window'
import { openWorkspace } from './other-workspace'

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
