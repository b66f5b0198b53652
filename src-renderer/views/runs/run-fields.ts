import type { RunRow } from '../../../src-main/api/runs'

/** Fields of a run that a table shows as they are; once for all cells, of which a scrolled table makes hundreds a second. */
export const NUMBERS: Readonly<Record<string, (run: RunRow) => number | null>> = {
  seed: ({ seed }) => seed,
  best_step: ({ bestStep }) => bestStep,
  parameters_trained: ({ parametersTrained }) => parametersTrained,
  parameters_total: ({ parametersTotal }) => parametersTotal,
}
export const TEXTS: Readonly<Record<string, (run: RunRow) => string | null>> = {
  task: ({ task }) => task,
  model: ({ model }) => model,
  study: ({ study }) => study,
  reason: ({ reason }) => reason,
  note: ({ note }) => note?.split('\n').find((line) => line.trim() !== '') ?? null,
  id: ({ id }) => id,
}
