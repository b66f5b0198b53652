import { join, resolve } from 'node:path'
import { Forecaster } from '../forecast/forecaster'
import { installation } from '../installation'
import { openLibrary } from '../library/library'
import type { Library } from '../library/library'
import { channelsTo } from '../queue/channel'
import type { OpenChannel } from '../queue/channel'
import { CheckpointShelf } from '../queue/checkpoint-shelf'
import { EventStream } from '../queue/event-stream'
import { Queue } from '../queue/queue'
import { openReadableStore, openStore, StoreError } from '../store/store'
import type { ReadableStore, Store } from '../store/store'
import { WeightShelf } from '../weights/weight-shelf'
import { hasFile, makeFolder } from '../workspace/folder'
import { recordOwner, WorkspaceInUseError } from '../workspace/owner'
import { dropUploads } from '../workspace/uploads'
import { StudyShelf } from './study-shelf'

/** The one process that trains and writes, or any that looks on. */
export type Access = 'owner' | 'reader'

export interface WorkbenchOptions {
  readonly workspace: string
  readonly access: Access
  /** What this process is, for whoever finds the workspace in use: "fairsweep run mnist". */
  readonly what?: string
  /** Another training worker than the built one. */
  readonly openWorker?: OpenChannel
}

/** What only the owner of a workspace has. */
export interface OwnedParts {
  readonly store: Store
  readonly queue: Queue
  readonly studies: StudyShelf
  readonly letGo: () => void
}

/** What a workbench is made of. */
interface Parts {
  readonly workspace: string
  readonly store: ReadableStore
  readonly library: Library
  readonly events: EventStream
  readonly forecaster: Forecaster
  /** Null for a reader. */
  readonly owned: OwnedParts | null
}

/** Opens what a workbench is made of; `openWorkbench` says what it throws. */
export async function openParts(options: WorkbenchOptions): Promise<Parts> {
  const workspace = resolve(options.workspace)
  const database = join(workspace, 'history.db')
  const events = new EventStream()
  const openWorker = options.openWorker ?? channelsTo(installation.workerEntry)
  if (options.access === 'reader') {
    // A workspace that is not there yet looks like an empty one; looking does not make it.
    const store = hasFile(workspace, database) ? openReadableStore(database) : openStore(':memory:')
    const library = await openLibrary({ workspace, installation })
    const forecaster = new Forecaster({ workspace, store, library, events, openWorker })
    return { workspace, store, library, events, forecaster, owned: null }
  }
  const store = openOwnedStore(workspace, database)
  try {
    const release = recordOwner(workspace, options.what ?? 'fairsweep')
    dropUploads(workspace)
    store.recoverInterrupted()
    const checkpoints = new CheckpointShelf(join(workspace, 'checkpoints'))
    checkpoints.removeSettled(store)
    const changed = (): void => void events.emit({ type: 'library-changed' })
    const library = await openLibrary({ workspace, installation, changed })
    await library.purge()
    const forecaster = new Forecaster({ workspace, store, library, events, openWorker })
    const ways = forecaster.ways(store)
    const weights = new WeightShelf(join(workspace, 'weights'))
    const features = join(workspace, 'features')
    const queue = new Queue({
      store,
      events,
      openWorker,
      checkpoints,
      weights: weights.folder,
      features,
      ways,
    })
    const studies = new StudyShelf({ store, queue, checkpoints, weights, events })
    studies.purge()
    return { workspace, store, library, events, forecaster, owned: { store, queue, studies, letGo: release } }
  } catch (error) {
    store.close()
    throw error
  }
}

function openOwnedStore(workspace: string, database: string): Store {
  makeFolder(workspace)
  hasFile(workspace, database)
  try {
    return openStore(database)
  } catch (error) {
    if (error instanceof StoreError && error.code === 'writer-active')
      throw new WorkspaceInUseError(workspace)
    throw error
  }
}
