import type { Network } from '../models/network'
import type { Task } from '../tasks/task'
import { writeKept } from '../weights/kept-file'
import type { JobControl } from './job-control'
import type { JobRun } from './messages'

const FLOAT_BYTES = 4

/** Keeps the weights of a run that is complete, as of this step. */
export type KeepWeights = (values: ReadonlyMap<string, Float32Array>, step: number) => Promise<void>

/** How the weights of a run are kept; null where its study does not want them, or they are too large for it. */
export function keeperOf(
  { id, keep }: JobRun,
  { network, task }: { readonly network: Network; readonly task: Task },
  control: JobControl,
): KeepWeights | null {
  if (keep === undefined) return null
  const parameters = network.parameters.filter(({ trained }) => trained)
  const bytes =
    FLOAT_BYTES *
    parameters.reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0)
  if (bytes > keep.mostBytes) return null
  const { input, output, readTokens } = task
  return async (values, step) => {
    try {
      const shape = { input, output, readTokens }
      await writeKept(keep.folder, { run: id, step, shape, parameters, values })
    } catch (error) {
      // The result is worth more than the weights.
      const why = error instanceof Error ? error.message : String(error)
      const message = `the weights of the best step could not be kept: ${why}`
      control.send({ type: 'log', level: 'warning', run: id, message })
    }
  }
}
