import { isTrackedEnvelope } from '@trpc/server'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../src-main/api/events'
import { createCaller } from '../../src-main/api/router'
import type { WorkbenchEvent } from '../../src-main/workbench'
import { SYNTHETIC_STUDY, openShowcase, planSynthetic } from '../e2e/showcase'
import type { Showcase } from '../e2e/showcase'
import { syntheticWorker } from '../e2e/synthetic'
import { makeRenderer } from './served'

interface Seen {
  readonly id: string
  readonly event: StreamEvent
}

let showcase: Showcase

beforeAll(async () => {
  showcase = await openShowcase({ renderer: makeRenderer(), openWorker: syntheticWorker(5, 20) })
  await showcase.workbench.startStudy(await planSynthetic(SYNTHETIC_STUDY))
})
afterAll(() => showcase.close())

/** Listens from an id on until `count` events came. */
async function listen(count: number, lastEventId?: string): Promise<Seen[]> {
  const stop = new AbortController()
  const caller = createCaller({ workbench: showcase.workbench }, { signal: stop.signal })
  const seen: Seen[] = []
  for await (const item of await caller.events.stream({ lastEventId })) {
    // Typed as what a client gets, {id, data}; called in this process it is still the envelope of both.
    const envelope: unknown = item
    if (!isTrackedEnvelope(envelope)) throw new Error('an event without an id cannot be resumed from')
    seen.push({ id: envelope[0], event: envelope[1] as StreamEvent })
    if (seen.length === count) break
  }
  stop.abort()
  return seen
}

const cursors = (seen: readonly Seen[]): number[] => seen.map(({ event }) => event.cursor)

describe('the stream of events', () => {
  let first: Seen[]
  beforeEach(async () => {
    first = await listen(8)
  })

  test('begins with a reset, for whoever listens holds nothing yet', () => {
    expect(first[0]?.event.type).toBe('reset')
  })

  test('cursors rise one by one: nothing is left out, nothing comes twice', () => {
    const seen = cursors(first)
    expect(seen).toEqual(seen.map((_, i) => (seen[0] ?? 0) + i))
  })

  test('a listener that was cut off gets exactly what it missed, save outdated progress', async () => {
    const happened: WorkbenchEvent[] = []
    const last = first.at(-1)
    const unsubscribe = showcase.workbench.subscribe((event) => happened.push(event))
    const before = showcase.workbench.eventsSince(last?.event.cursor ?? 0).events
    await new Promise((resolve) => setTimeout(resolve, 150))
    const again = await listen(20, last?.id)
    unsubscribe()
    const lasting = [...before, ...happened]
      .filter(({ type }) => type !== 'progress')
      .map(({ cursor }) => cursor)
    const heard = again.filter(({ event }) => event.type !== 'progress').map(({ event }) => event.cursor)
    expect(heard.length).toBeGreaterThan(5)
    expect(heard).toEqual(lasting.slice(0, heard.length))
  })

  test('an id of another process, or one that is no id, means starting over', async () => {
    for (const id of ['another-process:5', 'junk', '', `${first[0]?.id.split(':')[0]}:x`]) {
      expect((await listen(1, id))[0]?.event.type, id).toBe('reset')
    }
  })

  test('listeners leave nothing behind', async () => {
    const before = showcase.workbench.eventsSince(0).cursor
    for (let i = 0; i < 50; i++) await listen(1)
    expect(showcase.workbench.eventsSince(before).events.filter(({ type }) => type === 'log')).toEqual([])
  })
})
