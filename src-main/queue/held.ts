import type { StoreErrorCode } from '../store/store'
import type { Held } from './overview'
import { WorkerFault } from './training-worker'

const STORE_REMEDIES: Partial<Record<StoreErrorCode, string>> = {
  'disk-full': 'Free some space on the disk that holds the workspace, then resume.',
  'not-writable': 'Make the workspace folder writable again, then resume.',
  busy: 'Close the other program that holds the history, then resume.',
  damaged: 'Keep the file, and check the disk; backups are in the workspace folder.',
}

/** What holds the queue, and what to do about it. Everything trained so far is stored, whatever it was. */
export function heldBy(error: unknown): Held {
  const because = error instanceof Error ? error.message : String(error)
  if (error instanceof WorkerFault && !error.wasReady) {
    const remedy = 'Run "fairsweep doctor": it says what the training engine lacks. Then resume.'
    return { because, remedy }
  }
  const code = error instanceof Error && 'code' in error ? (error.code as StoreErrorCode) : null
  const known = code === null ? undefined : STORE_REMEDIES[code]
  return { because, remedy: known ?? 'Mend this, then resume: every run goes on from its last checkpoint.' }
}
