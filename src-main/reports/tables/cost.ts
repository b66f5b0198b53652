import type { RunRecord } from '../../run'
import { isComplete } from '../../run'
import { mean } from '../../analysis/estimate'
import { formatFlops } from '../../analysis/wording'
import type { ReportSource } from '../report-source'
import { cellKey, groupLabel, wordCell } from './table'
import type { ReportCell, ReportTable } from './table'

/** What the chosen arms cost: steps to the best score, steps trained, parameters trained, time and operations. */
export function costTable({ comparison, runs, curveOf }: ReportSource): ReportTable {
  const records = new Map(runs.map((run) => [run.id, run]))
  const { groups } = comparison
  return {
    id: 'cost',
    caption: 'Training at the chosen learning rates.',
    corner: 'setting',
    columns: [
      'best step',
      'steps trained',
      'parameters trained',
      'ms a step',
      'a step',
      'training',
      'complete runs',
    ],
    rows: groups.flatMap((group) =>
      group.cells.map(({ setting, arms, choice }) => {
        const chosen = (arms.find(({ rate }) => rate === choice?.rate)?.seeds ?? []).flatMap(
          ({ run }) => records.get(run) ?? [],
        )
        const key = (column: string): string => cellKey('cost', group.task, group.model, setting, column)
        return {
          label: groups.length > 1 ? `${groupLabel(group, comparison)}: ${setting}` : setting,
          cells: costCells(
            chosen.filter(({ state }) => isComplete(state)),
            key,
            curveOf,
          ),
        }
      }),
    ),
    notes: [
      'Means over complete seeds. “ms a step” is the time of one step of one run; the time of runs that were trained together is shared among them. “A step” and “training” are floating-point operations: the matrix products of forward and backward pass, evaluations apart; “–” is not available (imported runs, and runs of earlier versions).',
    ],
  }
}

function costCells(
  runs: readonly RunRecord[],
  key: (column: string) => string,
  curveOf: ReportSource['curveOf'],
): ReportCell[] {
  const ids = runs.map(({ id }) => id)
  const average = (column: string, values: readonly number[], say: (value: number) => string): ReportCell =>
    values.length === 0
      ? wordCell(key(column), '–')
      : wordCell(key(column), say(mean(values)), ids, { mean: mean(values) })
  const whole = (value: number): string => String(Math.round(value))
  return [
    average(
      'best-step',
      runs.flatMap(({ bestStep }) => bestStep ?? []),
      whole,
    ),
    average(
      'steps',
      runs.map(({ steps }) => steps),
      whole,
    ),
    average(
      'parameters',
      runs.flatMap(({ parametersTrained }) => parametersTrained ?? []),
      whole,
    ),
    average(
      'milliseconds',
      runs.flatMap(({ id }) => curveOf(id)?.secondsPerStep ?? []),
      (seconds) => String(Number((1000 * seconds).toPrecision(3))),
    ),
    flopsCell(
      key('step-flops'),
      runs.map(({ stepFlops }) => stepFlops),
      ids,
    ),
    flopsCell(
      key('flops'),
      runs.map(({ stepFlops, steps }) => (stepFlops === null ? null : stepFlops * steps)),
      ids,
    ),
    wordCell(key('runs'), String(runs.length), ids, { runs: runs.length }),
  ]
}

/** A mean over some runs says nothing of all of them. */
function flopsCell(key: string, flops: readonly (number | null)[], ids: readonly string[]): ReportCell {
  const known = flops.flatMap((count) => count ?? [])
  if (known.length === 0 || known.length < flops.length) return wordCell(key, '–')
  return wordCell(key, formatFlops(mean(known)), ids, { flops: mean(known) })
}
