import type { Severity } from './audit'
import type { Comparison } from './comparison'

/** What a study's card says of its runs, from the analysis. */
export interface StudyVerdict {
  /** The ranking of each task and model with every setting at its own best rate; null before there is one. */
  readonly line: string | null
  /** The split that the line was read off. */
  readonly split: 'validation' | 'test'
  /** How many of the shared rates rank some pair otherwise, of how many. */
  readonly flips: { readonly rates: number; readonly of: number }
  /** Findings of the audit by severity, and the gravest in its own words. */
  readonly findings: Readonly<Record<Severity, number>>
  readonly gravest: string | null
}

/** A comparison in one line. */
export function studyVerdict({ groups, audit }: Comparison): StudyVerdict {
  const ranked = groups.flatMap(({ task, model, cells, best }) => {
    const { text, settings } = best.test ?? best.validation
    if (text === '') return []
    // One alone is no ranking, and is not to look as if it had won.
    const isAlone = cells.length > 1 && settings.filter(({ place }) => place !== null).length === 1
    return [{ where: words(groups, { task, model }), text: isAlone ? `only ${text} has a result` : text }]
  })
  const count = (severity: Severity): number =>
    audit.findings.filter((finding) => finding.severity === severity).length
  return {
    line: ranked.length === 0 ? null : ranked.map(({ where, text }) => `${where}${text}`).join('; '),
    split: groups.some(({ best }) => best.test !== null) ? 'test' : 'validation',
    flips: {
      rates: sum(groups.map(({ flipRates }) => flipRates.length)),
      of: sum(groups.map(({ rankings }) => rankings.length)),
    },
    findings: { error: count('error'), warning: count('warning'), note: count('note') },
    gravest: audit.findings[0]?.explanation ?? null,
  }
}

/** The task and model of a ranking, as far as they tell it from the study's others. */
function words(groups: Comparison['groups'], { task, model }: { task: string; model: string }): string {
  const differing = [
    ...(groups.some((group) => group.task !== task) ? [task] : []),
    ...(groups.some((group) => group.model !== model) ? [model] : []),
  ]
  return differing.length === 0 ? '' : `${differing.join(', ')}: `
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
