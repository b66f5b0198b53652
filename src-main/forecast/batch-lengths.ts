import type { CellFacts } from '../library/describe-cells'
import type { PaddedLength } from '../tasks/task'

/** What the batches of a task are padded to whose examples are of different lengths. */
export interface BatchLengths {
  readonly task: string
  /** One: all are padded to the longest. */
  readonly lengths: readonly PaddedLength[]
}

export function batchLengths(facts: readonly CellFacts[]): BatchLengths[] {
  const byTask = new Map(facts.map(({ task, taskFacts: { input } }) => [task, input]))
  return [...byTask].flatMap(([task, { padded, paddedTo, tokens }]) => {
    if (paddedTo === undefined && padded === undefined) return []
    return [{ task, lengths: paddedTo ?? [{ tokens, share: 1 }] }]
  })
}
