import { parentPort, workerData } from 'node:worker_threads'
import { loadEngine } from '../engine'
import { InputError, InputErrors } from '../errors'
import type { InputPlace } from '../errors'
import type { ExportMessage } from './export-weights'
import { writeModelFolder } from './model-folder'
import type { ExportOrder } from './model-folder'

// A program of its own thread: first values are drawn with the engine, and the workbench answers meanwhile.
const send = (message: ExportMessage): void => parentPort?.postMessage(message)
try {
  await loadEngine()
  await writeModelFolder(workerData as ExportOrder, (progress) => send({ type: 'progress', progress }))
  send({ type: 'done' })
} catch (error) {
  const { message, stack = message } = error instanceof Error ? error : new Error(String(error))
  send({ type: 'failed', stack, problem: error instanceof InputError ? problemOf(error) : null })
}

function problemOf(error: InputError): { message: string; place: InputPlace } {
  const { message, problem, place } = error
  return error instanceof InputErrors ? { message, place: {} } : { message: problem, place }
}
