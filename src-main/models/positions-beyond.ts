import { tf, type Tensor } from '../engine'
import { InputError } from '../errors'
import type { TaskInput } from '../tasks/task'
import type { Model } from './model'
import type { ParameterSpec } from './trunk'

/** A trunk's position table and the rows that a longer sequence needs beyond it. */
export interface PositionsBeyond {
  readonly table: string
  /** [T - P, D], ours: no file holds them. They are positions: a setting that trains positions trains them. */
  readonly rows: ParameterSpec
}

const NAME = 'positions_beyond.weight'

/**
 * The rows that the task's sequences need beyond the trunk's own table, where the task asks for them to be drawn, as
 * a random trunk's are (ViT's start at 0); null where the table is long enough.
 * @throws {InputError} where the table is too short and the task does not ask for that
 */
export function positionsBeyond({ architecture, trunk }: Model, input: TaskInput): PositionsBeyond | null {
  const { positions, type, width } = architecture
  if (positions === null || input.tokens <= positions) return null
  const table = trunk.parameters.find(({ part }) => part === 'positions')
  if (input.positionsBeyond !== 'drawn' || table === undefined) {
    const advice =
      input.positionsBeyond === 'refused' ? '; `positions_beyond: drawn` draws the rows that are missing' : ''
    throw new InputError(
      `sequences of ${input.tokens} tokens, but the ${type} trunk has ${positions} positions${advice}`,
      { field: 'task' },
    )
  }
  return {
    table: table.name,
    rows: {
      ...{ name: NAME, shape: [input.tokens - positions, width], part: 'positions', layer: null },
      ...{ firstValue: table.firstValue, isOurs: true },
    },
  }
}

/**
 * The table with the rows beyond it.
 * @param table [..., P, D], with K before it where each run has its own
 * @param rows [M, D] or [K, M, D]
 * @param ownRank the table's rank in its file
 */
export function withRowsBeyond(table: Tensor, rows: Tensor, ownRank: number): Tensor {
  const isPerRun = table.rank > ownRank
  const between = table.rank - (isPerRun ? 1 : 0) - 2
  const [length = 0, width = 0] = rows.shape.slice(-2)
  const ones = Array.from({ length: between }, () => 1)
  const runs = isPerRun ? table.shape[0] : rows.rank === 3 ? rows.shape[0] : null
  if (runs === null) return tf.concat([table, tf.reshape(rows, [...ones, length, width])], -2)
  // One of the two may be shared by the runs: a table that is read from a file, where its rows are drawn for each.
  const spread = (part: Tensor, shape: readonly number[], own: boolean): Tensor =>
    own
      ? tf.reshape(part, [runs, ...shape])
      : tf.tile(tf.reshape(part, [1, ...shape]), [runs, ...shape.map(() => 1)])
  return tf.concat(
    [
      spread(table, table.shape.slice(isPerRun ? 1 : 0), isPerRun),
      spread(rows, [...ones, length, width], rows.rank === 3),
    ],
    -2,
  )
}
