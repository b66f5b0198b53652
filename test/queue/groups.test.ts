import { expect, it } from 'vitest'
import { groupsOf } from '../../src-main/queue/groups'
import type { PlannedRun } from '../../src-main/study/study'
import { plannedRun } from './planned-runs'

const rates = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1].map((rate) => plannedRun({ rate }))
const slots = (runs: readonly PlannedRun[]): PlannedRun[][] => groupsOf(runs).map((group) => [...group.runs])

it('runs of a frozen trunk share groups of four when only the learning rate differs', () => {
  expect(slots(rates)).toEqual([rates.slice(0, 4), rates.slice(4)])
})

it('runs with other options or another seed are in other groups', () => {
  const [first, second] = rates as [PlannedRun, PlannedRun]
  const longer = plannedRun({ rate: 1e-3, maxSteps: 9 })
  const seeded = plannedRun({ rate: 1e-3, seed: 1 })
  expect(slots([first, longer, seeded, second])).toEqual([[first, second], [longer], [seeded]])
})

it('runs whose trunk trains are alone', () => {
  const unfrozen = rates.map((run) => ({
    ...run,
    config: { ...run.config, setting: { ...run.config.setting, train: ['output', 'attention'] as const } },
  }))
  expect(slots(unfrozen)).toEqual(unfrozen.map((run) => [run]))
})
