import { parentPort, workerData } from 'node:worker_threads'
import { studyVerdict } from '../analysis/study-verdict'
import { conclude } from '../conclude'
import { InputError } from '../errors'
import { openReadableStore } from '../store/store'
import type { VerdictOrder } from './verdict-worker'

// A program of its own thread: 100,000 runs are read and concluded in seconds, and the workbench answers meanwhile.
const { database, study, chance } = workerData as VerdictOrder
const store = openReadableStore(database)
const record = store.study(study)
if (record === null) throw new InputError(`no study '${study}' in ${database}`)
const verdict = studyVerdict(conclude(store, record, chance))
store.close()
parentPort?.postMessage(verdict)
