import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { shareOfOthers, type CoreTimes } from '../../src-main/forecast/other-programs'

/** Times that are read one after the other. */
const reading = (...times: CoreTimes[]) => {
  const left = [...times]
  return (): CoreTimes => left.shift() ?? { all: 0, idle: 0, own: 0 }
}
const START: CoreTimes = { all: 1000, idle: 400, own: 50 }

describe('the share of other programs', () => {
  it('is what is neither idle nor our own', async () => {
    expect(await shareOfOthers(reading(START, { all: 1600, idle: 600, own: 150 }))).toBe(0.5)
    expect(await shareOfOthers(reading(START, { all: 1600, idle: 900, own: 150 }))).toBe(0)
  })

  it('is a share, however roughly the system counts, and none where it does not', async () => {
    expect(await shareOfOthers(reading(START, { all: 1600, idle: 950, own: 150 }))).toBe(0)
    expect(await shareOfOthers(reading(START, { all: 1600, idle: 390, own: 50 }))).toBe(1)
    expect(await shareOfOthers(reading(START, START))).toBe(0)
  })

  it('sees a process that is busy', async () => {
    const busy = spawn(process.execPath, ['-e', 'console.log(1); for (;;);'])
    await once(busy.stdout, 'data')
    try {
      // One core at the most, and a part of one where the rest of the suite is at work.
      expect(await shareOfOthers()).toBeGreaterThan(0.2 / availableParallelism())
    } finally {
      busy.kill('SIGKILL')
    }
  })
})
