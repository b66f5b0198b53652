import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readKeptName } from './kept-file'
import type { KeptName } from './kept-file'

/** Weights of a complete run on disk. */
export interface KeptRun extends KeptName {
  /** Absolute. */
  readonly path: string
  readonly bytes: number
}

/** Where the trained weights of complete runs are kept, a file a run; workers put them there. */
export class WeightShelf {
  /** @param folder absolute */
  constructor(readonly folder: string) {}

  /** What is kept of a run; null: nothing. */
  of(run: string): KeptRun | null {
    return this.list().find((kept) => kept.run === run) ?? null
  }

  list(): KeptRun[] {
    if (!existsSync(this.folder)) return []
    return readdirSync(this.folder).flatMap((file) => {
      const name = readKeptName(file)
      const path = join(this.folder, file)
      const found = name === null ? undefined : statSync(path, { throwIfNoEntry: false })
      return name === null || found === undefined ? [] : [{ ...name, path, bytes: found.size }]
    })
  }

  /** Removes what is kept of these runs, all if none are named; returns how many bytes became free. */
  remove(runs?: readonly string[]): number {
    const gone = this.list().filter(({ run }) => runs === undefined || runs.includes(run))
    for (const { path } of gone) rmSync(path, { force: true })
    return gone.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}
