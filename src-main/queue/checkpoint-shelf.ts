import { existsSync, readdirSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isSettled } from '../run'
import type { ReadableStore } from '../store/store'

/** A checkpoint on disk. */
export interface SavedCheckpoint {
  readonly step: number
  readonly bytes: number
  /** Unix milliseconds. */
  readonly savedAt: number
}

/**
 * Where runs keep their checkpoints, a folder a run. A checkpoint serves to go on, so those of runs with a result are
 * removed: of a large trunk that trains they take hundreds of megabytes a run.
 */
export class CheckpointShelf {
  /** @param folder absolute */
  constructor(readonly folder: string) {}

  /** What a run could go on from, newest first. */
  kept(run: string): SavedCheckpoint[] {
    const folder = join(this.folder, run)
    if (!existsSync(folder)) return []
    const found = readdirSync(folder).flatMap((name) => {
      const step = /^step-(\d+)\..*\.safetensors$/.exec(name)?.[1]
      // One that is replaced by a newer one at this moment is gone.
      const file = step === undefined ? undefined : statSync(join(folder, name), { throwIfNoEntry: false })
      return file === undefined ? [] : [{ step: Number(step), bytes: file.size, savedAt: file.mtimeMs }]
    })
    return found.sort((a, b) => b.step - a.step)
  }

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
