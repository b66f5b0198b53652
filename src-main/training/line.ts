import { parentPort } from 'node:worker_threads'
import type { FromWorker, ToWorker } from './messages'

/** This worker's line to the queue: the same messages for a thread, a child process and a process of Electron's. */
export interface Line {
  send(message: FromWorker): void
  listen(handle: (message: ToWorker) => void): void
  /** Nothing more is heard; with nothing left to do, the worker ends. */
  close(): void
}

export function openLine(): Line {
  const port = parentPort
  if (port !== null) {
    return {
      send: (message) => port.postMessage(message),
      listen: (handle) => void port.on('message', handle),
      close: () => port.close(),
    }
  }
  const electron = (process as { readonly parentPort?: ElectronPort }).parentPort
  if (electron !== undefined) {
    return {
      send: (message) => electron.postMessage(message),
      listen: (handle) => void electron.on('message', ({ data }) => handle(data)),
      close: () => process.exit(),
    }
  }
  if (process.send === undefined)
    throw new Error('a training worker is started as a thread or a child process')
  // An interrupt in the terminal reaches the whole process group; the owner decides what becomes of this worker.
  process.on('SIGINT', () => {})
  // A worker without an owner has nobody to train for.
  process.on('disconnect', () => process.exit())
  return {
    send: (message) => void process.send?.(message),
    listen: (handle) => void process.on('message', handle),
    close: () => process.disconnect(),
  }
}

/** What Electron gives its utility processes, as far as it is of use here. */
interface ElectronPort {
  postMessage(message: FromWorker): void
  on(event: 'message', listen: (message: { readonly data: ToWorker }) => void): void
}
