import { contextBridge, ipcRenderer } from 'electron'
import type { IpcRendererEvent } from 'electron'
import type { IpcAnswer, IpcEvent } from './api/ipc'

/** All that the page gets from the desktop: a few verbs, plain data in and out, no Electron object. */
export interface Bridge {
  /** `id` is the page's word for the call. */
  call(type: 'query' | 'mutation', path: string, input: unknown, id: string): Promise<IpcAnswer>
  /** Nobody waits any more for the answer to this call. */
  giveUp(id: string): void
  /** Returns how to stop. */
  subscribe(path: string, input: unknown, onEvent: (event: IpcEvent) => void): () => void
}

let subscriptions = 0

const bridge: Bridge = Object.freeze({
  call: (type: 'query' | 'mutation', path: string, input: unknown, id: string) =>
    ipcRenderer.invoke('api:call', { type, path, input, id }) as Promise<IpcAnswer>,

  giveUp: (id: string) => ipcRenderer.send('api:give-up', id),

  subscribe(path: string, input: unknown, onEvent: (event: IpcEvent) => void) {
    const id = String(++subscriptions)
    const listener = (_event: IpcRendererEvent, item: IpcEvent): void => onEvent(item)
    ipcRenderer.on(`api:event:${id}`, listener)
    ipcRenderer.send('api:subscribe', { id, path, input })
    return () => {
      ipcRenderer.off(`api:event:${id}`, listener)
      ipcRenderer.send('api:unsubscribe', id)
    }
  },
})

contextBridge.exposeInMainWorld('fairsweep', bridge)
