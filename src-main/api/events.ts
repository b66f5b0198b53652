import { tracked } from '@trpc/server'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Workbench, WorkbenchEvent } from '../workbench'
import { procedure, router } from './procedure'

/** An event of the workbench, or `reset`: some were missed for good, so everything held is to be fetched afresh. */
export type StreamEvent = WorkbenchEvent | { readonly type: 'reset'; readonly cursor: number }

/** Cursors count from the start of this process: one of another process means nothing here. */
const PROCESS = randomUUID()

export const events = router({
  /**
   * Everything that happens, in order. A client that reconnects sends the id it saw last and misses nothing; without an
   * id the stream starts now.
   */
  stream: procedure
    .input(z.strictObject({ lastEventId: z.string().max(100).nullish() }))
    .subscription(async function* ({ ctx, input, signal }) {
      for await (const event of follow(ctx.workbench, input.lastEventId ?? null, signal)) {
        yield tracked(`${PROCESS}:${event.cursor}`, event)
      }
    }),
})

/**
 * Replays what came after the id, then what comes, until the signal. The listener is in place before the replay is
 * read, and the cursor sorts out what both hold.
 */
async function* follow(
  workbench: Workbench,
  lastEventId: string | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<StreamEvent> {
  const waiting: WorkbenchEvent[] = []
  let wake = (): void => undefined
  const unsubscribe = workbench.subscribe((event) => {
    waiting.push(event)
    wake()
  })
  const stop = (): void => wake()
  const isStopped = (): boolean => signal?.aborted === true
  signal?.addEventListener('abort', stop)
  try {
    const seen = cursorOf(lastEventId)
    const replay = workbench.eventsSince(seen ?? 0)
    let cursor = replay.cursor
    const missed = lastEventId !== null && (seen === null || !replay.complete)
    if (lastEventId === null || missed) yield { type: 'reset', cursor }
    else yield* replay.events
    while (!isStopped()) {
      for (const event of waiting.splice(0)) {
        if (event.cursor <= cursor) continue
        cursor = event.cursor
        yield event
      }
      if (waiting.length > 0 || isStopped()) continue
      await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    signal?.removeEventListener('abort', stop)
    unsubscribe()
  }
}

/** Null for an id of another process or none at all. */
function cursorOf(id: string | null): number | null {
  const [instance, cursor] = id?.split(':') ?? []
  if (instance !== PROCESS || cursor === undefined || !/^\d{1,15}$/.test(cursor)) return null
  return Number(cursor)
}
