import { app, BrowserWindow, nativeTheme, screen } from 'electron'
import { join } from 'node:path'
import { ORIGIN, PREFERENCES } from './page'
import { keepWindowState, readWindowState } from './window-state'

const stateFile = (): string => join(app.getPath('userData'), 'window.json')

/** The one window, brought to the front, or made where it was last and at a place of the workbench. */
export function showWindow(place = ''): void {
  const [open] = BrowserWindow.getAllWindows()
  if (open !== undefined) {
    if (open.isMinimized()) open.restore()
    return open.focus()
  }
  const last = readWindowState(
    stateFile(),
    screen.getAllDisplays().map(({ workArea }) => workArea),
  )
  const { isMaximized = false, ...bounds } = last ?? { width: 1440, height: 920 }
  const window = new BrowserWindow({
    title: 'Fairsweep',
    ...bounds,
    minWidth: 860,
    minHeight: 560,
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#0f1417' : '#f5f6f7',
    webPreferences: PREFERENCES,
  })
  if (isMaximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () =>
    keepWindowState(stateFile(), { ...window.getNormalBounds(), isMaximized: window.isMaximized() }),
  )
  void window.loadURL(addressOf(place))
}

/** Shows a place of the workbench; the page itself stays, so nothing in it is lost. */
export function goTo(place: string): void {
  const [open] = BrowserWindow.getAllWindows()
  showWindow(place)
  void open?.loadURL(addressOf(place))
}

/** Shows files where the page is, by their tickets; the page takes them out of its address. */
export function showOpened(tickets: readonly string[]): void {
  const [open] = BrowserWindow.getAllWindows()
  const [place = '', query] = placeOf(open?.webContents.getURL()).split('?')
  const words = new URLSearchParams(query)
  const waiting = words.get('opened')
  words.set('opened', [...(waiting === null ? [] : [waiting]), ...tickets].join(','))
  goTo(`${place || 'studies'}?${words.toString()}`)
}

/** The place as the page keeps it in its address. */
const addressOf = (place: string): string => `${ORIGIN}/index.html${place === '' ? '' : `#/${place}`}`
const placeOf = (url = ''): string => (URL.canParse(url) ? new URL(url).hash.replace(/^#\/?/, '') : '')

/** Presses keys in the page, for what it alone knows how to do: its palette, its list of keys. */
export function pressKeys(keyCode: string, modifiers: readonly ('control' | 'meta')[]): void {
  showWindow()
  const contents = BrowserWindow.getAllWindows()[0]?.webContents
  contents?.sendInputEvent({ type: 'keyDown', keyCode, modifiers: [...modifiers] })
  contents?.sendInputEvent({ type: 'keyUp', keyCode, modifiers: [...modifiers] })
}
