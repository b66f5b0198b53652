import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { folderPath, wholePath } from './folders'
import { procedure, router, runId } from './procedure'

/** What there is of a run's trained weights. */
export interface WeightsOfRun {
  /** Null: nothing is kept. */
  readonly kept: { readonly bytes: number; readonly sha256: string } | null
  /** Why nothing is kept, and what to do, in a sentence; null where something is. */
  readonly why: string | null
  /** Where they are written unless the user names another folder. */
  readonly folder: string
}

/** How far an export is, in bytes of tensors; last, what was written. */
export type WeightsStep =
  | { readonly done: number; readonly of: number }
  | { readonly folder: string; readonly files: readonly string[] }

/** The trained weights of complete runs. */
export const weights = router({
  of: procedure.input(z.strictObject({ run: runId })).query(({ ctx, input: { run } }): WeightsOfRun => {
    const { weights, workspace } = ctx.workbench
    const kept = weights.kept(run)
    return {
      kept: kept === null ? null : { bytes: kept.bytes, sha256: kept.sha256 },
      why: weights.whyNot(run),
      folder: join(workspace, 'exports', `weights-${run}`),
    }
  }),

  /** Writes them into a new folder of the machine that the workbench runs on; unsubscribing ends it, and nothing is left. */
  export: procedure.input(z.strictObject({ run: runId, folder: folderPath })).subscription(async function* ({
    ctx,
    input,
  }): AsyncGenerator<WeightsStep> {
    const folder = wholePath(input.folder)
    yield* ctx.workbench.weights.export(input.run, folder)
    yield { folder, files: (await readdir(folder)).sort() }
  }),

  /** For good; tells how many bytes became free. */
  remove: procedure
    .input(z.strictObject({ run: runId }))
    .mutation(({ ctx, input: { run } }) => ({ freed: ctx.workbench.weights.remove([run]) })),
})
