import { markRaw, reactive } from 'vue'
import type { Holding, Transfer } from '../../../src-main/library/library'
import { api, faultOf } from '../../api'

/** What is fetched, and the name that it gets. */
export interface Wanted {
  readonly what: Holding
  readonly place: string
  readonly name: string | undefined
}

export interface Fetching {
  readonly wanted: Wanted
  state: 'running' | 'stopped' | 'failed' | 'installed'
  /** Null until the first bytes are known. */
  transfer: Transfer | null
  /** What it is called, once it is installed. */
  installed: string | null
  /** Why it failed. */
  problem: string | null
}

/**
 * The fetches of this page, whichever place it shows; the newest last. The bytes come as long as the page is open: what was
 * fetched when it closes is kept by the workbench, for who fetches the same again.
 */
export const fetches: Fetching[] = reactive([])
const subscriptions = new Map<Wanted, { unsubscribe: () => void }>()

const isSame = (a: Wanted, b: Wanted): boolean => a.what === b.what && a.place === b.place

/** Begins a fetch, in the place of one of the same that is over; the one that runs already is left as it is. */
export function startFetch(asked: Wanted): Fetching {
  // Sent as it is, through either door.
  const wanted = markRaw({ ...asked })
  const before = fetches.find((each) => isSame(each.wanted, wanted))
  if (before?.state === 'running') return before
  if (before !== undefined) forgetFetch(before)
  const fetching: Fetching = reactive({
    wanted,
    state: 'running',
    transfer: null,
    installed: null,
    problem: null,
  })
  fetches.push(fetching)
  const end = (state: Fetching['state']): void => {
    fetching.state = state
    subscriptions.get(wanted)?.unsubscribe()
    subscriptions.delete(wanted)
  }
  const subscription = api.library.fetch.subscribe(wanted, {
    onData: (step) => {
      if ('name' in step) {
        fetching.installed = step.name
        end('installed')
      } else fetching.transfer = step
    },
    onError: (fault) => {
      fetching.problem = sentenceOf(fault)
      end('failed')
    },
  })
  subscriptions.set(wanted, subscription)
  return fetching
}

/** Ends it; what came is kept for the next time. */
export function stopFetch(fetching: Fetching): void {
  if (fetching.state !== 'running') return
  subscriptions.get(fetching.wanted)?.unsubscribe()
  subscriptions.delete(fetching.wanted)
  fetching.state = 'stopped'
}

/** Takes one that is over off the list. */
export function forgetFetch(fetching: Fetching): void {
  const at = fetches.findIndex(({ wanted }) => isSame(wanted, fetching.wanted))
  if (at !== -1 && fetching.state !== 'running') fetches.splice(at, 1)
}

/** What is wrong, without the place that the command line gives it; the file that is at fault is named. */
export function sentenceOf(error: unknown): string {
  const { what, problems } = faultOf(error)
  const [first] = problems
  return first === undefined || first.place.file !== undefined ? what : first.message
}
