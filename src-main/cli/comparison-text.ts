import type { Cell, Comparison, Group, Ranking } from '../analysis/conclusions'
import { publishedText } from '../analysis/published'
import { formatFlops, formatScore } from '../analysis/wording'
import { formatRate } from '../study/rates'
import { countText, estimateText, plain, tableText } from './words'

/** A comparison as people read it in a terminal. */
export function comparisonText(comparison: Comparison): string {
  const { metric, progress } = comparison
  const unit = metric === 'accuracy' ? 'accuracy in %' : 'loss'
  const head = [
    `${plain(comparison.study)}: ${progress.complete + progress.diverged} of ${countText(progress.planned, 'run')} have a result`,
    ...(progress.diverged > 0 ? [`${progress.diverged} of them diverged`] : []),
    ...(progress.missing > 0 ? [`${progress.missing} failed or cancelled`] : []),
    ...(progress.open > 0 ? [`${progress.open} still open`] : []),
    ...(progress.notInPlan > 0 ? [`${progress.notInPlan} more not in plan`] : []),
  ].join(', ')
  const sealed = comparison.testSealed
    ? [
        'The test is sealed until the last planned run has ended; --reveal-test opens it early, and is logged.',
      ]
    : []
  const imported =
    comparison.importedFrom === null
      ? []
      : [`Imported (${comparison.importedFrom}): the seal of its test scores cannot be vouched for.`]
  const key = `${unit}: mean ± standard error (seeds)`
  const groups = comparison.groups.map((group) => groupText(group, comparison))
  return [head, ...sealed, ...imported, key, ...groups, auditText(comparison.audit)].join('\n\n')
}

function auditText({ summary, findings }: Comparison['audit']): string {
  const lines = findings.map(({ severity, explanation, remedy, task, model, setting }) => {
    const where = [task, model, setting].filter((word) => word !== null).join(' × ')
    const todo = remedy === null ? '' : ` To do: ${remedy.say}`
    return plain(`  - ${severity}${where === '' ? '' : ` (${where})`}: ${explanation}${todo}`)
  })
  return [summary, ...lines].join('\n')
}

/** Steps and floating-point operations are means over the complete seeds at the chosen rate. */
const COLUMNS = ['setting', 'best learning rate', 'validation', 'test', 'steps', 'compute', 'runs']

function groupText(group: Group, { metric, testSealed }: Comparison): string {
  const chance = group.chance === null ? '' : `, chance ${formatScore(metric, group.chance)}`
  const rows = group.cells.map((cell) => [
    cell.setting,
    cell.choice === null
      ? '–'
      : `${formatRate(cell.choice.rate)}${cell.choice.edge === null ? '' : ' (edge)'}`,
    estimateText(cell.choice?.validation ?? null, metric),
    testSealed ? 'sealed' : estimateText(cell.choice?.test ?? null, metric),
    cell.choice === null || cell.choice.steps === null ? '–' : String(Math.round(cell.choice.steps)),
    cell.choice === null || cell.choice.flops === null ? '–' : formatFlops(cell.choice.flops),
    runsText(cell),
  ])
  const hasRuns = group.cells.some(({ arms }) => arms.length > 0)
  const table = tableText(COLUMNS, rows, ['steps', 'compute'])
  return [
    `${plain(group.task)} × ${plain(group.model)}${chance}${hasRuns ? `\n\n${table}` : ''}`,
    publishedTable(group),
    hasRuns ? rankingsText(group) : '',
    list('What it shows', group.sentences),
    list('What it does not prove', group.notProven),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function publishedTable({ published }: Group): string {
  if (published.length === 0) return ''
  const rows = published.map((cell) => [cell.setting, publishedText(cell), cell.model, cell.source])
  return `Published for this task\n\n${tableText(['setting', 'test', 'model', 'source'], rows)}`
}

function runsText(cell: Cell): string {
  const sum = (count: (arm: Cell['arms'][number]) => number): number =>
    cell.arms.reduce((total, arm) => total + count(arm), 0)
  const diverged = sum((arm) => arm.counts.diverged)
  const done = sum((arm) => arm.counts.complete) + diverged
  return `${done} of ${sum((arm) => arm.planned)}${diverged > 0 ? ` (${diverged} diverged)` : ''}`
}

/** The ranking at each rate, with a mark where its order is not that of the settings' own best rates. */
function rankingsText(group: Group): string {
  const places = [
    ...group.rankings,
    group.best.validation,
    ...(group.best.test === null ? [] : [group.best.test]),
  ]
  const rows = places.map((ranking) => [
    ranking.rate === null ? 'own best' : formatRate(ranking.rate),
    ranking.split,
    ranking.text === '' ? '–' : ranking.text,
    ranking.rate === null ? '' : changeText(group, ranking),
  ])
  return `Ranking of the settings at each learning rate\n\n${tableText(['learning rate', 'by', 'ranking', ''], rows)}`
}

function changeText(group: Group, { rate }: Ranking): string {
  const flips = group.flips.filter((flip) => flip.rate === rate)
  if (flips.length === 0) return ''
  const sure = flips.filter((flip) => flip.beyondNoise).length
  return `order changes (${countText(flips.length, 'pair')}, ${sure} beyond noise)`
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `${title}\n${items.map((item) => `  - ${plain(item)}`).join('\n')}`
}
