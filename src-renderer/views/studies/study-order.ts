import type { StudySummary } from '../../../src-main/api/studies'

/** Those that somebody may have to look after first, then the newest. */
const FIRST: readonly StudySummary['state'][] = ['running', 'waiting', 'paused']

export interface StudyFilter {
  /** Words that a card must have, anywhere in it. */
  readonly words: string
  readonly archived: boolean
}

/** The cards to show, in their order. */
export function orderStudies(
  studies: readonly StudySummary[],
  { words, archived }: StudyFilter,
): StudySummary[] {
  const sought = words.toLowerCase().split(/\s+/).filter(Boolean)
  return studies
    .filter((study) => (study.archivedAt !== null) === archived)
    .filter((study) => {
      const text = wordsOf(study)
      return sought.every((word) => text.includes(word))
    })
    .sort((a, b) => rankOf(a) - rankOf(b) || b.createdAt.localeCompare(a.createdAt))
}

const rankOf = ({ state }: StudySummary): number => {
  const rank = FIRST.indexOf(state)
  return rank === -1 ? FIRST.length : rank
}

const wordsOf = ({ name, state, asks }: StudySummary): string =>
  [name, state, ...asks.tasks, ...asks.models, ...asks.settings].join(' ').toLowerCase()

/** A name for a copy that no study has: "mnist-copy", "mnist-copy-2" … */
export function copyName(name: string, taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? `${name}-copy` : `${name}-copy-${number}`
    if (!taken.includes(candidate)) return candidate
  }
}
