import { parentPort } from 'node:worker_threads'
import type { FromWorker, ToWorker } from './messages'

/** This worker's line to the queue: the same messages for a thread and for a child process. */
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
