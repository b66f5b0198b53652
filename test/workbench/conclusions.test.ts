import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { studyVerdict } from '../../src-main/analysis/study-verdict'
import { conclude } from '../../src-main/conclude'
import type { Library } from '../../src-main/library/library'
import { EventStream } from '../../src-main/queue/event-stream'
import { openReadableStore, openStore } from '../../src-main/store/store'
import type { Store } from '../../src-main/store/store'
import { Conclusions } from '../../src-main/workbench/conclusions'
import { outcome, plan, START } from '../store/plans'

let folder: string
let store: Store
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-conclusions-'))
  store = openStore(join(folder, 'history.db'))
  store.saveStudy(plan({ name: 'small', seeds: [0, 1], learning_rates: [1e-4, 1e-3] }))
  const seeds = Array.from({ length: 2_000 }, (_, i) => i)
  store.saveStudy(plan({ name: 'large', seeds, learning_rates: [1e-4, 1e-3, 1e-2] }))
})
afterAll(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Where no data can be had, nobody knows the score of guessing. */
const library = { task: () => Promise.reject(new Error('no data here')) } as unknown as Library
const known = (name: string) => () => store.study(name)!
const start = (name: string, at: number): string => {
  const { id } = store.runs({ study: name, order: 'plan' })[at]!
  store.begin(id, START)
  return id
}

function opened() {
  const events = new EventStream()
  return { conclusions: new Conclusions(store, library, events), events }
}

describe('a comparison', () => {
  it('is concluded once while nothing but points is written, and anew when a run has ended', async () => {
    const { conclusions, events } = opened()
    const run = start('small', 0)
    const first = await conclusions.compare(known('small'))
    const points = {
      metric: 'train/loss',
      steps: Uint32Array.of(1, 2),
      values: Float64Array.of(1, 2),
    } as const
    store.append(run, [{ ...points, times: Float64Array.of(1, 2) }])
    expect(await conclusions.compare(known('small'))).toBe(first)
    const [one, two] = [conclusions.compare(known('small')), conclusions.compare(known('small'))]
    expect(await one).toBe(await two)
    store.end(run, outcome({ 'val/accuracy': 0.75 }))
    const after = await conclusions.compare(known('small'))
    expect(after).not.toBe(first)
    expect(JSON.stringify(after)).toContain('0.75')
    events.emit({ type: 'library-changed' })
    expect(await conclusions.compare(known('small'))).not.toBe(after)
  })

  it('is another one at another rate, and a failed one is not kept', async () => {
    const { conclusions } = opened()
    const plain = await conclusions.compare(known('small'))
    const asked = await conclusions.compare(known('small'), { otherRate: 1e-4 })
    expect(asked).not.toBe(plain)
    expect(await conclusions.compare(known('small'), { otherRate: 1e-4 })).toBe(asked)
    expect(await conclusions.compare(known('small'))).toBe(plain)
    const failing = vi.spyOn(store, 'runs').mockImplementationOnce(() => {
      throw new Error('the disk is gone')
    })
    await expect(conclusions.compare(known('large'))).rejects.toThrow('the disk is gone')
    failing.mockRestore()
    await expect(conclusions.compare(known('large'))).resolves.toBeDefined()
  })

  it('beside a writer follows what he writes', () => {
    const reader = openReadableStore(join(folder, 'history.db'))
    const before = reader.version('small')
    expect(reader.version('small')).toBe(before)
    store.setState(start('small', 1), 'failed', 'out of memory')
    expect(reader.version('small')).not.toBe(before)
    reader.close()
  })
})

describe('a verdict', () => {
  it('is the comparison in one line, once while nothing changes', async () => {
    const { conclusions } = opened()
    const first = await conclusions.verdict(known('small'))
    expect(first).toEqual(studyVerdict(conclude(store, known('small')(), {})))
    expect(first.line).not.toBeNull()
    expect(await conclusions.verdict(known('small'))).toBe(first)
    // A run that the small one does not hold.
    store.end(start('large', 5_999), outcome())
    expect(await conclusions.verdict(known('small'))).toBe(first)
    store.setState(start('small', 2), 'failed', 'out of memory')
    expect(await conclusions.verdict(known('small'))).not.toBe(first)
  })
})
