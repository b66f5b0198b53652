import type { EventStream } from '../queue/event-stream'
import type { SavedView, Store } from '../store/store'

/**
 * What people add to the history: tags, notes, runs put away, views kept. Each act answers what it changed, so that it can
 * be taken back exactly, and every open page hears of it. Unknown runs are an InputError, and change nothing.
 */
export class Annotations {
  constructor(
    private readonly store: Store,
    private readonly events: EventStream,
  ) {}

  /** Puts a tag on runs, or takes it off. */
  tag(tag: string, runs: readonly string[], on: boolean): string[] {
    return this.told(on ? this.store.tagRuns(tag, runs) : this.store.untagRuns(tag, runs))
  }

  /** Null takes the note away. */
  note(run: string, note: string | null): string | null {
    return this.told(this.store.setNote(run, note))
  }

  /** Puts runs away, where lists leave them out and conclusions do not, or takes them out again. */
  archive(runs: readonly string[], archived: boolean): string[] {
    return this.told(this.store.archiveRuns(archived, runs))
  }

  saveView(place: string, view: SavedView): string | null {
    return this.told(this.store.saveView(place, view))
  }

  removeView(place: string, name: string): string | null {
    return this.told(this.store.removeView(place, name))
  }

  private told<T>(changed: T): T {
    this.events.emit({ type: 'annotations-changed' })
    return changed
  }
}
