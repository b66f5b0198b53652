import type { Comparison } from '../analysis/comparison'
import { studyVerdict } from '../analysis/study-verdict'
import type { StudyVerdict } from '../analysis/study-verdict'
import { concludeStudy } from '../conclude'
import type { CompareOptions } from '../conclude'
import type { Library } from '../library/library'
import type { EventStream } from '../queue/event-stream'
import type { ReadableStore, StudyRecord } from '../store/store'

/** Comparisons that are kept hold no more runs than this together, the last one apart. */
const RUNS_KEPT = 50_000
const MOST_RUNS_HERE = 5_000

interface Kept {
  readonly study: string
  readonly version: string
  readonly runs: number
  readonly comparison: Promise<Comparison>
}

/**
 * What was concluded of studies, kept until something is written that their conclusions may rest on: a page asks for the same
 * comparison several times, and a list of studies for all of them.
 */
export class Conclusions {
  /** By study and options; the one that was asked for last comes last. */
  private readonly comparisons = new Map<string, Kept>()
  private readonly verdicts = new Map<string, { version: string; verdict: Promise<StudyVerdict> }>()

  constructor(
    private readonly store: ReadableStore,
    private readonly library: Library,
    events: Pick<EventStream, 'subscribe'>,
  ) {
    events.subscribe(({ type }) => {
      // Other data, other scores of guessing.
      if (type === 'library-changed') this.forget()
    })
  }

  /** @param known the study as the history has it at the moment */
  compare(known: () => StudyRecord, options: CompareOptions = {}): Promise<Comparison> {
    const { name, runsByState } = known()
    const version = this.store.version(name)
    const key = JSON.stringify([name, options.otherRate, options.pairing])
    const kept = this.comparisons.get(key)
    this.comparisons.delete(key)
    const comparison =
      kept?.version === version ? kept.comparison : concludeStudy(this.store, this.library, known, options)
    this.comparisons.set(key, { study: name, version, runs: plannedRuns(runsByState), comparison })
    comparison.catch(() => this.comparisons.delete(key))
    this.makeRoom()
    return comparison
  }

  /** The study's line. */
  verdict(known: () => StudyRecord): Promise<StudyVerdict> {
    const { name } = known()
    const version = this.store.version(name)
    const kept = this.verdicts.get(name)
    if (kept?.version === version) return kept.verdict
    const verdict = this.compare(known).then(studyVerdict)
    this.verdicts.set(name, { version, verdict })
    verdict.catch(() => this.verdicts.delete(name))
    return verdict
  }

  private makeRoom(): void {
    const kept = [...this.comparisons].reverse()
    let runs = 0
    for (const [i, [key, each]] of kept.entries()) {
      runs += each.runs
      if (i > 0 && (runs > RUNS_KEPT || each.version !== this.store.version(each.study)))
        this.comparisons.delete(key)
    }
  }

  private forget(): void {
    this.comparisons.clear()
    this.verdicts.clear()
  }
}

/** Concluding it would hold up everything else that is asked: a thread of its own does it. */
export const isLargeStudy = ({ runsByState }: Pick<StudyRecord, 'runsByState'>): boolean =>
  areManyRuns(plannedRuns(runsByState))

export const areManyRuns = (runs: number): boolean => runs > MOST_RUNS_HERE

const plannedRuns = (runsByState: StudyRecord['runsByState']): number =>
  Object.values(runsByState).reduce((sum, count) => sum + count, 0)
