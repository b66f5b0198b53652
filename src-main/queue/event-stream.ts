import type { EventReplay, WorkbenchEvent, WorkbenchHappening } from './events'

/** What is kept for listeners that were cut off for a while; some minutes of a busy sweep. */
const KEPT_EVENTS = 2_000

/** Numbers what happens, tells listeners, and keeps the newest so that a reconnecting listener misses nothing. */
export class EventStream {
  private readonly ring: WorkbenchEvent[] = []
  private readonly listeners = new Set<(event: WorkbenchEvent) => void>()
  private readonly undelivered: WorkbenchEvent[] = []
  private isDelivering = false
  private cursor = 0
  /** Cursor of the newest event that is no longer in the ring. */
  private forgotten = 0

  constructor(private readonly capacity: number = KEPT_EVENTS) {}

  emit(happening: WorkbenchHappening): void {
    const event: WorkbenchEvent = { ...happening, cursor: ++this.cursor, at: Date.now() }
    // Progress is a view of the moment: the next one replaces it, so none is worth a place in the ring.
    if (event.type !== 'progress') this.ring.push(event)
    while (this.ring.length > this.capacity) this.forgotten = this.ring.shift()?.cursor ?? this.forgotten
    this.undelivered.push(event)
    if (this.isDelivering) return
    // A listener may make further events; everybody hears them in order, after this one.
    this.isDelivering = true
    try {
      for (let next = this.undelivered.shift(); next !== undefined; next = this.undelivered.shift()) {
        for (const listener of this.listeners) listener(next)
      }
    } finally {
      this.isDelivering = false
    }
  }

  subscribe(listener: (event: WorkbenchEvent) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  since(cursor: number): EventReplay {
    return {
      events: this.ring.filter((event) => event.cursor > cursor),
      complete: cursor >= this.forgotten && cursor <= this.cursor,
      cursor: this.cursor,
    }
  }
}
