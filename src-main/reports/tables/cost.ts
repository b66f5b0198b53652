import type { RunRecord } from '../../run'
import { isComplete } from '../../run'
import { mean } from '../../analysis/estimate'
import type { ReportSource } from '../report-source'
import { cellKey, groupLabel, wordCell } from './table'
import type { ReportCell, ReportTable } from './table'

/** What the chosen arms cost: steps to the best score, steps trained, parameters trained, seconds a step. */
export function costTable({ comparison, runs, curveOf }: ReportSource): ReportTable {
  const records = new Map(runs.map((run) => [run.id, run]))
  const { groups } = comparison
  return {
    id: 'cost',
    caption: 'Training at the chosen learning rates.',
    corner: 'setting',
    columns: ['best step', 'steps trained', 'parameters trained', 'ms a step', 'complete runs'],
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
      'Means over complete seeds. “ms a step” is the time of one step of one run; the time of runs that were trained together is shared among them.',
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
    wordCell(key('runs'), String(runs.length), ids, { runs: runs.length }),
  ]
}
