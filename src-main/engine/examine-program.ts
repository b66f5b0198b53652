import { parentPort } from 'node:worker_threads'
import { examine } from './describe'

// A program of its own thread: measuring keeps a processor busy for about a second, and the workbench answers meanwhile.
parentPort?.postMessage(await examine())
