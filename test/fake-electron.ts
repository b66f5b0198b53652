import { EventEmitter } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** As much of Electron as the desktop entry touches, writing down what is done to it. */
export function fakeElectron() {
  const app = new EventEmitter()
  const order: string[] = []
  const opened: string[] = []
  const schemes: unknown[] = []
  const windows: FakeWindow[] = []
  const session = new FakeSession()
  const contents = new FakeContents()
  const menus: MenuItem[][] = []
  const notices: FakeNotification[] = []
  const userData = mkdtempSync(join(tmpdir(), 'fairsweep-user-data-'))
  let quits = 0
  let asked = 0

  const state = {
    order,
    opened,
    schemes,
    windows,
    session,
    contents,
    /** Every menu that was set, the latest last. */
    menus,
    notices,
    userData,
    relaunched: [] as string[][],
    relaunchedBy: '',
    /** Called when the program asks to be ended. */
    onQuit: () => {},
    /** What is chosen in a dialog that asks for a folder. */
    chosen: [] as string[],
    isFocused: false,
    /** Which button of a question is pressed. */
    answer: 0,
    quits: () => quits,
    asked: () => asked,
    emitApp: (event: string, ...args: unknown[]) => app.emit(event, ...args),
  }

  class BrowserWindow extends FakeWindow {
    constructor(options: WindowOptions) {
      super(options)
      windows.push(this)
      app.emit('web-contents-created', {}, contents)
    }
    static getAllWindows(): FakeWindow[] {
      return windows
    }
    static getFocusedWindow(): FakeWindow | null {
      return state.isFocused ? (windows[0] ?? null) : null
    }
  }

  const module = {
    app: Object.assign(app, {
      requestSingleInstanceLock: () => true,
      enableSandbox: () => order.push('enableSandbox'),
      whenReady: () => Promise.resolve(void order.push('ready')),
      quit: () => {
        quits++
        state.onQuit()
      },
      getPath: () => userData,
      relaunch: ({ execPath, args }: { execPath: string; args: string[] }) => {
        state.relaunched.push(args)
        state.relaunchedBy = execPath
      },
    }),
    BrowserWindow,
    dialog: {
      showErrorBox: (title: string, text: string) => {
        throw new Error(`${title}: ${text}`)
      },
      showOpenDialog: () => Promise.resolve({ filePaths: state.chosen }),
      showMessageBox: () => {
        asked++
        return Promise.resolve({ response: state.answer })
      },
    },
    ipcMain: Object.assign(new EventEmitter(), { handle: () => undefined, removeHandler: () => undefined }),
    Menu: {
      buildFromTemplate: (items: MenuItem[]) => items,
      setApplicationMenu: (items: MenuItem[]) => void menus.push(items),
    },
    Notification: class extends FakeNotification {
      constructor(options: FakeNotification['options']) {
        super(options)
        notices.push(this)
      }
    },
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
    nativeTheme: { shouldUseDarkColors: false },
    protocol: { registerSchemesAsPrivileged: (list: unknown[]) => schemes.push(...list) },
    session: { defaultSession: session },
    shell: { openExternal: (url: string) => Promise.resolve(void opened.push(url)) },
  }
  return Object.assign(state, { module })
}

interface MenuItem {
  readonly label?: string
  readonly role?: string
  readonly enabled?: boolean
  readonly submenu?: MenuItem[]
  readonly click?: () => void
}

class FakeNotification extends EventEmitter {
  shown = false
  constructor(readonly options: { readonly title: string; readonly body: string }) {
    super()
  }
  static isSupported(): boolean {
    return true
  }
  show(): void {
    this.shown = true
  }
}

interface WindowOptions {
  readonly x?: number
  readonly y?: number
  readonly width: number
  readonly height: number
  readonly webPreferences: Readonly<Record<string, unknown>>
}

class FakeWindow extends EventEmitter {
  loaded: string | null = null
  focused = 0
  readonly keys: unknown[] = []
  readonly webContents = {
    sendInputEvent: (event: unknown) => void this.keys.push(event),
    getURL: () => this.loaded ?? '',
  }
  constructor(readonly options: WindowOptions) {
    super()
  }
  isMinimized(): boolean {
    return false
  }
  isMaximized(): boolean {
    return false
  }
  maximize(): void {
    this.emit('maximize')
  }
  getNormalBounds() {
    return { x: 40, y: 50, width: 1000, height: 700 }
  }
  focus(): void {
    this.focused++
  }
  show(): void {
    this.emit('show')
  }
  hide(): void {
    this.emit('hide')
  }
  loadURL(url: string): Promise<void> {
    this.loaded = url
    return Promise.resolve()
  }
}

class FakeContents extends EventEmitter {
  windowOpen: ((details: { url: string }) => unknown) | null = null
  setWindowOpenHandler(handler: (details: { url: string }) => unknown): void {
    this.windowOpen = handler
  }
}

class FakeSession {
  permissionRequest:
    | ((
        contents: null,
        permission: string,
        answer: (allowed: boolean) => void,
        details: { requestingUrl: string },
      ) => void)
    | null = null
  permissionCheck: ((contents: null, permission: string, origin: string) => boolean) | null = null
  devicePermission: (() => boolean) | null = null
  beforeRequest:
    ((details: { url: string }, answer: (response: { cancel: boolean }) => void) => void) | null = null
  private handler: ((request: { url: string }) => Promise<Response>) | null = null

  readonly webRequest = {
    onBeforeRequest: (handler: FakeSession['beforeRequest']) => void (this.beforeRequest = handler),
  }
  readonly protocol = {
    handle: (_scheme: string, handler: FakeSession['handler']) => void (this.handler = handler),
  }
  setPermissionRequestHandler(handler: FakeSession['permissionRequest']): void {
    this.permissionRequest = handler
  }
  setPermissionCheckHandler(handler: FakeSession['permissionCheck']): void {
    this.permissionCheck = handler
  }
  setDevicePermissionHandler(handler: FakeSession['devicePermission']): void {
    this.devicePermission = handler
  }
  handle(url: string): Promise<Response> {
    if (this.handler === null) throw new Error('no handler for app:// was set')
    return this.handler({ url })
  }
}
