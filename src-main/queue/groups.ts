import type { PlannedRun } from '../study/study'

/**
 * How many runs one worker advances together. One for now: a job of several runs is already what workers are given
 * and what the queue keeps account of, so fused groups change this number and what a worker does with it.
 */
const GROUP_SIZE = 1

/**
 * The runs to train next: the first of those waiting, and others after it that can share its program (same cell, same
 * data, same shapes; learning rate and seed differ).
 * @param waiting in the order in which they should be trained
 */
export function nextGroup(waiting: readonly PlannedRun[], size: number = GROUP_SIZE): PlannedRun[] {
  const first = waiting[0]
  if (first === undefined) return []
  const cell = programOf(first)
  return waiting.filter((run) => run === first || programOf(run) === cell).slice(0, size)
}

/** Equal for runs whose training is one program with different numbers in it. */
function programOf({ config, startFrom }: PlannedRun): string {
  const { task, model, setting, training, validation, test, precision } = config
  return JSON.stringify({ task, model, setting, training, validation, test, precision, startFrom })
}
