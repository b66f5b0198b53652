import type { EventRecord } from '../../../src-main/store/store'

/**
 * Turns moments (Unix milliseconds) into seconds that the run was in training until then: what it was paused, or waited
 * after a crash, does not count. A run that was started over counts from its last start.
 *
 * @param events of the run, in order
 * @param first moment of its first point, for runs without a log; 0: not known
 * @returns null where no moment means anything
 */
export function trainingClock(
  events: readonly Pick<EventRecord, 'kind' | 'at'>[],
  first: number,
): ((moment: number) => number) | null {
  const began = events.findLastIndex(({ kind }) => kind === 'started')
  if (began === -1) return first > 0 ? (moment) => Math.max(0, moment - first) / 1000 : null
  const spans: { from: number; to: number }[] = []
  for (const { kind, at } of events.slice(began)) {
    const moment = Date.parse(at)
    const open = spans.at(-1)
    if (kind === 'started' || kind === 'resumed') {
      // A process that died left no word of its end: what it trained after its checkpoint is trained again.
      if (open?.to === Infinity) open.to = moment
      spans.push({ from: moment, to: Infinity })
    } else if (open?.to === Infinity && ENDS.has(kind)) open.to = moment
  }
  return (moment) =>
    spans.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(moment, to) - from), 0) / 1000
}

const ENDS: ReadonlySet<string> = new Set([
  ...['paused', 'queued', 'interrupted', 'finished', 'early-stopped', 'diverged', 'failed', 'cancelled'],
])
