import type { Comparison, Estimate, Group } from '../../analysis/comparison'
import { formatScore } from '../../analysis/wording'

/** A table of a report before it becomes Markdown, LaTeX, CSV, HTML or JSON. */
export interface ReportTable {
  /** Word for files and keys: "results". */
  readonly id: string
  readonly caption: string
  /** Heading of the column of row labels. */
  readonly corner: string
  readonly columns: readonly string[]
  readonly rows: readonly ReportRow[]
  /** Footnotes, one sentence or two each. */
  readonly notes: readonly string[]
}

export interface ReportRow {
  readonly label: string
  /** One for each column. */
  readonly cells: readonly ReportCell[]
}

/** One cell: what is shown, and what it was made from. */
export interface ReportCell {
  /** Unique in the report; without characters that LaTeX comments, HTML attributes or CSV would mind. */
  readonly key: string
  /** Plain text: "46.1 ± 0.3". */
  readonly text: string
  readonly bold: boolean
  /** The numbers behind the text, unrounded; empty for words. */
  readonly numbers: Readonly<Record<string, number>>
  readonly runs: readonly string[]
}

/** Joins words to a cell's key; each is escaped as in a URL. */
export const cellKey = (...words: readonly (string | number)[]): string =>
  words
    .map((word) =>
      encodeURIComponent(String(word)).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`),
    )
    .join('/')

/** A cell of words, or of a number that is no score. */
export const wordCell = (
  key: string,
  text: string,
  runs: readonly string[] = [],
  numbers: Readonly<Record<string, number>> = {},
): ReportCell => ({ key, text, bold: false, numbers, runs })

export interface ScoreLook {
  readonly metric: Comparison['metric']
  readonly bold?: boolean
  /** Number of seeds to show behind the score; left out where the caption says it for all. */
  readonly showN?: boolean
  readonly mark?: string
}

/** "46.1 ± 0.3", "46.1 (n = 1)", "–" where there is nothing. */
export function scoreCell(key: string, estimate: Estimate | null, look: ScoreLook): ReportCell {
  if (!estimate) return wordCell(key, '–')
  const { mean, sem, n, runs } = estimate
  const spread = sem === null ? '' : ` ± ${formatScore(look.metric, sem)}`
  const seeds = look.showN === true ? ` (n = ${n})` : ''
  return {
    key,
    text: `${formatScore(look.metric, mean)}${spread}${seeds}${look.mark ?? ''}`,
    bold: look.bold ?? false,
    numbers: { mean, ...(sem === null ? {} : { sem }), n },
    runs,
  }
}

/** The one n of all estimates, or null where they differ or there are none. */
export function commonN(estimates: readonly (Estimate | null)[]): number | null {
  const counts = new Set(estimates.flatMap((estimate) => estimate?.n ?? []))
  const [only] = counts
  return counts.size === 1 && only !== undefined ? only : null
}

/** A group's heading: its task, and its model where the study has several. */
export const groupLabel = (group: Pick<Group, 'task' | 'model'>, comparison: Comparison): string =>
  new Set(comparison.groups.map(({ model }) => model)).size > 1
    ? `${group.task} (${group.model})`
    : group.task

/** "accuracy (%)" or "loss". */
export const metricUnit = (metric: Comparison['metric']): string =>
  metric === 'accuracy' ? 'accuracy (%)' : 'loss'
