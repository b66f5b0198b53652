import type { QueryClient } from '@tanstack/vue-query'
import { onScopeDispose, ref } from 'vue'
import type { Ref } from 'vue'
import type { StreamEvent } from '../src-main/api/events'
import { api, faultOf } from './api'
import type { Fault } from './api'

/** How fresh this page is: `lost` shows the last known state and tries again by itself. */
export type Connection = 'connecting' | 'live' | 'lost'
export const connection: Ref<Connection> = ref('connecting')
export const connectionFault: Ref<Fault | null> = ref(null)

/** A place's own code could not be fetched: the door is shut, or the program behind it is another by now. */
export function sayUnreachable(): void {
  connection.value = 'lost'
  connectionFault.value = {
    what: 'A part of the workbench could not be loaded.',
    remedy: 'Reload this page; if it stays shut, start the workbench again and open the link that it prints.',
    problems: [],
  }
}

type Listener = (event: StreamEvent) => void
const listeners = new Set<Listener>()

/** Calls the listener with every event while the component lives. */
export function onEvent(listener: Listener): void {
  listeners.add(listener)
  onScopeDispose(() => listeners.delete(listener))
}

const REFRESH_MS = 300

/**
 * The one subscription of this page. The stream resumes from the last event by itself after a cut; each event makes
 * stale exactly the answers that it concerns, several within REFRESH_MS together.
 */
export function followEvents(queryClient: QueryClient): void {
  const stale = new Set<string>()
  let timer: number | undefined
  const refresh = (...key: readonly string[]): void => {
    stale.add(JSON.stringify(key))
    timer ??= window.setTimeout(() => {
      timer = undefined
      for (const each of stale) void queryClient.invalidateQueries({ queryKey: JSON.parse(each) as string[] })
      stale.clear()
    }, REFRESH_MS)
  }

  const react = (event: StreamEvent): void => {
    switch (event.type) {
      case 'reset':
        void queryClient.invalidateQueries()
        break
      case 'progress':
        queryClient.setQueryData(['progress'], event.running)
        break
      case 'measuring':
        queryClient.setQueryData(['measuring'], event.measuring)
        if (event.measuring === null) refresh('forecast')
        break
      case 'run-changed':
        refresh('studies')
        refresh('queue')
        refresh('run', event.run)
        for (const study of event.studies) refresh('compare', study)
        break
      case 'study-changed':
        refresh('studies')
        refresh('compare', event.study)
        break
      case 'studies-changed':
        void queryClient.invalidateQueries()
        break
      case 'settings-changed':
        refresh('settings')
        break
      case 'library-changed':
        refresh('library')
        break
      case 'annotations-changed':
        refresh('runs')
        refresh('run')
        refresh('annotations')
        break
      case 'queue-changed':
        refresh('queue')
        refresh('studies', 'held')
        break
      case 'log':
        if (event.run !== null) refresh('run', event.run)
        break
      case 'points':
    }
    for (const listener of listeners) listener(event)
  }

  const subscribe = (): void => {
    api.events.stream.subscribe(
      {},
      {
        onStarted: () => {
          connection.value = 'live'
          connectionFault.value = null
        },
        onData: ({ data }) => react(data),
        onConnectionStateChange: ({ state, error }) => {
          if (state === 'connecting' && error !== null) connection.value = 'lost'
        },
        onError: (error) => {
          connection.value = 'lost'
          connectionFault.value = faultOf(error)
          window.setTimeout(subscribe, 5_000)
        },
      },
    )
  }
  subscribe()
}
