import { isOpen } from '../run'
import type { CheckpointShelf } from '../queue/checkpoint-shelf'
import type { EventStream } from '../queue/event-stream'
import type { Queue } from '../queue/queue'
import type { WeightShelf } from '../weights/weight-shelf'
import type { Store, StudyDeletion, StudyRecord } from '../store/store'

interface Parts {
  readonly store: Store
  readonly queue: Queue
  readonly checkpoints: CheckpointShelf
  readonly weights: WeightShelf
  readonly events: EventStream
}

/** What becomes of studies as a whole: put away, deleted, brought back. Unknown names are an InputError. */
export class StudyShelf {
  constructor(private readonly parts: Parts) {}

  /** Puts a study away, where it is offered no more, or takes it out again. */
  archive(name: string, archived: boolean): StudyRecord {
    const record = this.parts.store.archiveStudy(name, archived)
    this.tell()
    return record
  }

  /** Stops its training and takes it out of every list; for good when the workbench closes, until then `restore` undoes it. */
  async delete(name: string): Promise<StudyDeletion> {
    const { store, queue } = this.parts
    store.deletionOf(name)
    await queue.pause(name)
    const deletion = store.deleteStudy(name)
    this.tell()
    return deletion
  }

  /** Brings back a deleted study as it was; open runs wait, paused, until it is resumed. */
  restore(name: string): StudyRecord {
    const { store, queue } = this.parts
    const record = store.restoreStudy(name)
    if (!queue.isActive(name)) {
      for (const { id, state } of store.runs({ study: name })) {
        if (isOpen(state) && state !== 'paused' && store.studiesOf(id).length === 1)
          queue.setState(id, 'paused')
      }
    }
    this.tell()
    return record
  }

  /** Removes for good what was deleted, with its checkpoints and weights. */
  purge(): void {
    const runs = this.parts.store.purgeDeleted()
    for (const run of runs) this.parts.checkpoints.remove(run)
    this.parts.weights.remove(runs)
  }

  private tell(): void {
    this.parts.events.emit({ type: 'studies-changed' })
  }
}
