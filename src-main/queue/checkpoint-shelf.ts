import { existsSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isSettled } from '../run'
import type { ReadableStore } from '../store/store'

/**
 * Where runs keep their checkpoints, a folder a run. A checkpoint serves to go on, so those of runs with a result are
 * removed: of a large trunk that trains they take hundreds of megabytes a run.
 */
export class CheckpointShelf {
  /** @param folder absolute */
  constructor(readonly folder: string) {}

  /** Removes a run's checkpoints; one that cannot be removed now is tried again when the workspace is opened. */
  remove(run: string): void {
    rm(join(this.folder, run), { recursive: true, force: true }).catch(() => {})
  }

  /** Removes what a process that was killed left of runs with a result. */
  removeSettled(store: ReadableStore): void {
    if (!existsSync(this.folder)) return
    for (const run of readdirSync(this.folder)) {
      const isRun = /^[0-9a-f]{12}$/.test(run)
      const state = isRun ? store.run(run)?.state : undefined
      if (state !== undefined && isSettled(state)) this.remove(run)
    }
  }
}
