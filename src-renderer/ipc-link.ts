import { TRPCClientError } from '@trpc/client'
import type { TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import type { AppRouter } from '../src-main/api/router'
import type { Bridge } from '../src-main/preload'

let calls = 0

/** Carries the calls of the API over the desktop window's bridge; answers are JSON text, as over HTTP. */
export function ipcLink(bridge: Bridge): TRPCLink<AppRouter> {
  return () =>
    ({ op: { type, path, input, signal } }) =>
      observable((observer) => {
        const fail = (error: unknown): void => observer.error(TRPCClientError.from({ error } as never))
        if (type === 'subscription') {
          observer.next({ result: { type: 'started' } })
          return bridge.subscribe(path, input, (event) => {
            if (event.type === 'end') observer.complete()
            else if (event.type === 'error') fail(event.error)
            else {
              const data: unknown = JSON.parse(event.json)
              observer.next({
                result:
                  event.eventId === null
                    ? { type: 'data', data }
                    : { type: 'data', data: { id: event.eventId, data } },
              })
            }
          })
        }
        // Who has gone on is told at once, as over HTTP; what comes later is dropped.
        const leave = (): void => observer.error(TRPCClientError.from(new Error('the call was given up')))
        if (signal?.aborted === true) return leave()
        const id = String(++calls)
        const giveUp = (): void => {
          bridge.giveUp(id)
          leave()
        }
        signal?.addEventListener('abort', giveUp, { once: true })
        bridge.call(type, path, input, id).then(
          (answer) => {
            if (!answer.ok) return fail(answer.error)
            observer.next({ result: { type: 'data', data: JSON.parse(answer.json) as unknown } })
            observer.complete()
          },
          (error: unknown) =>
            observer.error(TRPCClientError.from(error instanceof Error ? error : new Error(String(error)))),
        )
        return () => signal?.removeEventListener('abort', giveUp)
      })
}
