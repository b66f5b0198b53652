import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, TRPCClientError } from '@trpc/client'
import type { TRPCClient, TRPCLink } from '@trpc/client'
import { callTRPCProcedure } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { EventSource } from 'eventsource'
import { InputError, InputErrors } from '../errors'
import type { Workbench } from '../workbench'
import type { Door } from '../workspace/door'
import type { Problem } from './procedure'
import { appRouter } from './router'
import type { AppRouter } from './router'

/** The workbench as a command asks it, whether it is opened in this process or in another. */
export type WorkbenchClient = TRPCClient<AppRouter>

/** Asks the owner of a workspace through its HTTP door, with the token of the door's file. */
export function clientOf({ address, token }: Door): WorkbenchClient {
  const url = `${address}/trpc`
  const authorization = `Bearer ${token}`
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (call) => call.type === 'subscription',
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: {
            fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization } }),
          },
        }),
        false: httpLink({ url, headers: { authorization } }),
      }),
    ],
  })
}

/** A fresh link that opens one browser, once. */
export async function launchLink({ address, token }: Door): Promise<string> {
  const answer = await fetch(`${address}/launch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  if (!answer.ok) throw new OwnerRefusedError(`the workbench at ${address} answered ${answer.status}`)
  const { path } = (await answer.json()) as { path: string }
  return address + path
}

/** As `clientOf`, for a workbench of this process; it has no subscriptions. */
export function localClient(workbench: Workbench): WorkbenchClient {
  const link: TRPCLink<AppRouter> =
    () =>
    ({ op: { type, path, input } }) =>
      observable((observer) => {
        callTRPCProcedure({
          router: appRouter,
          path,
          type,
          getRawInput: () => Promise.resolve(input),
          ctx: { workbench },
          signal: undefined,
          batchIndex: 0,
        }).then(
          (data) => {
            observer.next({ result: { type: 'data', data } })
            observer.complete()
          },
          (error: unknown) =>
            observer.error(TRPCClientError.from(error instanceof Error ? error : new Error(String(error)))),
        )
      })
  return createTRPCClient<AppRouter>({ links: [link] })
}

/** The owner of the workspace did not do what it was asked, or did not answer. */
export class OwnerRefusedError extends Error {
  override readonly name = 'OwnerRefusedError'
}

/** Waits for an answer; what was wrong with the question is an InputError again, as it was where it was found. */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof TRPCClientError)) throw error
    throw inputErrorIn(error.cause) ?? refusalOf(error)
  }
}

/** In this process the error itself is somewhere in the chain of causes. */
function inputErrorIn(error: unknown): InputError | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof InputError) return cause
  }
  return null
}

function refusalOf(error: { readonly message: string; readonly data?: unknown }): Error {
  const problems = (error.data as { problems?: readonly Problem[] } | null | undefined)?.problems ?? []
  const [first, ...more] = problems.map(({ message, place }) => new InputError(message, place))
  if (first !== undefined) return more.length === 0 ? first : new InputErrors([first, ...more])
  return new OwnerRefusedError(`the process that owns the workspace did not do it: ${error.message}`)
}
