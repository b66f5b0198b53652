import { expect, it } from 'vitest'
import { nextGroup } from '../../src-main/queue/groups'
import { plannedRun } from './planned-runs'

const slow = plannedRun({ rate: 1e-4 })
const other = plannedRun({ rate: 1e-3, maxSteps: 9 })
const fast = plannedRun({ rate: 1e-2 })
const seeded = plannedRun({ rate: 1e-2, seed: 1 })

it('the next group starts with the first run that waits', () => {
  expect(nextGroup([])).toEqual([])
  expect(nextGroup([slow, other, fast])).toEqual([slow])
})

it('runs share a group when only learning rate and seed differ', () => {
  expect(nextGroup([slow, other, fast, seeded], 8)).toEqual([slow, fast, seeded])
  expect(nextGroup([slow, other, fast, seeded], 2)).toEqual([slow, fast])
})
