import { EventEmitter } from 'node:events'

/** As much of Electron as the desktop entry touches, writing down what is done to it. */
export function fakeElectron() {
  const app = new EventEmitter()
  const order: string[] = []
  const opened: string[] = []
  const schemes: unknown[] = []
  const windows: FakeWindow[] = []
  const session = new FakeSession()
  const contents = new FakeContents()
  let quits = 0
  let asked = 0

  const state = {
    order,
    opened,
    schemes,
    windows,
    session,
    contents,
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
  }

  const module = {
    app: Object.assign(app, {
      requestSingleInstanceLock: () => true,
      enableSandbox: () => order.push('enableSandbox'),
      whenReady: () => Promise.resolve(void order.push('ready')),
      quit: () => quits++,
    }),
    BrowserWindow,
    dialog: {
      showErrorBox: (title: string, text: string) => {
        throw new Error(`${title}: ${text}`)
      },
      showMessageBox: () => {
        asked++
        return Promise.resolve({ response: state.answer })
      },
    },
    ipcMain: Object.assign(new EventEmitter(), { handle: () => undefined, removeHandler: () => undefined }),
    Menu: { buildFromTemplate: () => ({}), setApplicationMenu: () => undefined },
    nativeTheme: { shouldUseDarkColors: false },
    protocol: { registerSchemesAsPrivileged: (list: unknown[]) => schemes.push(...list) },
    session: { defaultSession: session },
    shell: { openExternal: (url: string) => Promise.resolve(void opened.push(url)) },
  }
  return Object.assign(state, { module })
}

interface WindowOptions {
  readonly webPreferences: Readonly<Record<string, unknown>>
}

class FakeWindow extends EventEmitter {
  loaded: string | null = null
  focused = 0
  constructor(readonly options: WindowOptions) {
    super()
  }
  isMinimized(): boolean {
    return false
  }
  focus(): void {
    this.focused++
  }
  show(): void {
    this.emit('show')
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
    ((contents: null, permission: string, answer: (allowed: boolean) => void) => void) | null = null
  permissionCheck: ((contents: null, permission: string) => boolean) | null = null
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
