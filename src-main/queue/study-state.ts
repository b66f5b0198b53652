import type { RunState } from '../run'
import type { StudyState } from './events'

export interface StudyStatus {
  readonly name: string
  readonly state: StudyState
  /** Runs in plan, by state. */
  readonly runs: Readonly<Partial<Record<RunState, number>>>
  readonly planned: number
  /** Seconds until the study's last run ends at the speed measured so far; null when unknown or nothing is trained. */
  readonly secondsLeft: number | null
}

/**
 * What a study is doing, by its planned runs.
 * @param isActive somebody trains its queued runs without being asked again
 */
export function studyState(runs: Readonly<Partial<Record<RunState, number>>>, isActive: boolean): StudyState {
  const { running = 0, queued = 0, paused = 0, failed = 0, cancelled = 0 } = runs
  if (running > 0 && isActive) return 'running'
  if (queued > 0 && isActive) return 'waiting'
  // Whatever is open and in nobody's hands, runs that a dead process left behind included.
  if (running + queued + paused > 0) return 'paused'
  return failed + cancelled > 0 ? 'incomplete' : 'complete'
}
