import { isDeepStrictEqual } from 'node:util'
import type { Study } from './study'

/** What a study's file may change that makes its tables say so once its test scores were seen. */
export type StudyChange = 'rule' | 'grid' | 'seeds' | 'protocol'

const PARTS_OF: Readonly<Record<StudyChange, readonly (keyof Study)[]>> = {
  rule: ['selection'],
  grid: ['tasks', 'models', 'settings', 'learning_rates', 'rate_draw', 'extra_learning_rates'],
  seeds: ['seeds'],
  protocol: ['training', 'validation', 'test', 'overrides', 'start_from'],
}

export const STUDY_CHANGES = Object.keys(PARTS_OF) as StudyChange[]

/** What differs between a study as it is stored and as it would be from now on, in the order of STUDY_CHANGES. */
export function changesBetween(before: Study, after: Study): { kind: StudyChange; detail: string }[] {
  // What was stored has been JSON; compare like with like.
  const now = JSON.parse(JSON.stringify(after)) as Study
  return STUDY_CHANGES.flatMap((kind) => {
    const parts = PARTS_OF[kind].filter((part) => !isDeepStrictEqual(before[part], now[part]))
    const detail = parts.map(
      (part) => `${part}: ${JSON.stringify(before[part])} to ${JSON.stringify(now[part])}`,
    )
    return parts.length === 0 ? [] : [{ kind, detail: detail.join('; ') }]
  })
}
