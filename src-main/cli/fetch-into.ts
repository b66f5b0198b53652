import type { Fetched } from '../api/library'
import type { Holding, Library } from '../library/library'
import { openWorkbench } from '../workbench'
import { findDoor } from '../workspace/door'
import type { Invocation } from './command-line'
import { onInterrupt } from './interrupt'
import { transferDisplay } from './transfer-display'
import type { TransferDisplay } from './transfer-display'

/** What is to be fetched, and the name that it gets. */
export interface Wanted {
  readonly what: Holding
  readonly place: string
  readonly name: string | undefined
}

/**
 * Fetches a model or data set into the workspace, by its owner where it has one; Ctrl+C leaves what came for a next time.
 * @returns the name of what is installed; null: interrupted
 */
export async function fetchInto({ terminal, workspace }: Invocation, wanted: Wanted): Promise<string | null> {
  const stop = new AbortController()
  const interrupt = onInterrupt(() => {
    stop.abort()
    return Promise.resolve()
  })
  const display = transferDisplay(terminal, 'fetching')
  try {
    const work = findDoor(workspace) === null ? fetchHere : fetchThere
    return await work(workspace, wanted, display, stop.signal)
  } catch (error) {
    if (!stop.signal.aborted) throw error
    terminal.warn('stopped; the same command goes on from here')
    return null
  } finally {
    display.end()
    interrupt.stopListening()
  }
}

type Fetch = (
  workspace: string,
  wanted: Wanted,
  display: TransferDisplay,
  signal: AbortSignal,
) => Promise<string>

const fetchHere: Fetch = async (workspace, { what, place, name }, display, signal) => {
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  const { library }: { library: Library } = workbench
  try {
    const fetching =
      what === 'model' ? library.fetchModel(place, name, signal) : library.fetchData(place, name, signal)
    for (;;) {
      const step = await fetching.next()
      if (step.done === true) return step.value.name
      display.show(step.value)
    }
  } finally {
    await workbench.close()
  }
}

const fetchThere: Fetch = async (workspace, wanted, display, signal) => {
  const { answered, clientOf } = await import('../api/client')
  const door = findDoor(workspace)
  if (door === null) return fetchHere(workspace, wanted, display, signal)
  const client = clientOf(door)
  return answered(
    new Promise<string>((resolve, reject) => {
      const subscription = client.library.fetch.subscribe(wanted, {
        onData: (step: Fetched) => {
          if ('name' in step) resolve(step.name)
          else display.show(step)
        },
        onError: reject,
      })
      signal.addEventListener('abort', () => {
        subscription.unsubscribe()
        reject(new Error('stopped'))
      })
    }),
  )
}
