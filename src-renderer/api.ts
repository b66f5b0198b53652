import {
  createTRPCClient,
  httpBatchStreamLink,
  httpSubscriptionLink,
  splitLink,
  TRPCClientError,
} from '@trpc/client'
import type { TRPCLink } from '@trpc/client'
import type { inferRouterOutputs } from '@trpc/server'
import type { Problem } from '../src-main/api/procedure'
import type { AppRouter } from '../src-main/api/router'
import type { Bridge } from '../src-main/preload'
import { ipcLink } from './ipc-link'
import { unpackLink } from './unpack-link'

declare global {
  interface Window {
    /** Set by the preload in the desktop window, absent in a browser. */
    readonly fairsweep?: Bridge
  }
}

/** The workbench, over whichever door this page came through. Nothing else knows which. */
export const api = createTRPCClient<AppRouter>({
  links: [unpackLink(), window.fairsweep === undefined ? httpDoor() : ipcLink(window.fairsweep)],
})

export type Answers = inferRouterOutputs<AppRouter>

function httpDoor(): TRPCLink<AppRouter> {
  return splitLink({
    condition: (call) => call.type === 'subscription',
    true: httpSubscriptionLink({ url: '/trpc' }),
    // Answers come as they are ready: a study that is still being checked holds up nobody else.
    false: httpBatchStreamLink({
      url: '/trpc',
      maxURLLength: 4_000,
      // A study file may be longer than an address.
      methodOverride: 'POST',
      fetch: fetchSignedIn,
    }),
  })
}

/** The gate refused this page: its session is over, or belongs to a workbench that has ended. */
class SignedOutError extends Error {}

async function fetchSignedIn(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request)
  if (response.status === 401 || response.status === 403) throw new SignedOutError()
  return response
}

/** What to tell the user about a call that failed: what happened, and what to do about it. */
export interface Fault {
  readonly what: string
  readonly remedy: string
  readonly problems: readonly Problem[]
}

export function faultOf(error: unknown): Fault {
  if (!(error instanceof TRPCClientError)) {
    return {
      what: error instanceof Error ? error.message : String(error),
      remedy: 'Try again.',
      problems: [],
    }
  }
  const data = error.data as { httpStatus?: number; problems?: Problem[] } | null | undefined
  if (data?.problems !== undefined && data.problems.length > 0) {
    return { what: error.message, remedy: 'Correct it and try again.', problems: data.problems }
  }
  if (error.cause instanceof SignedOutError) {
    return {
      what: 'This page is no longer signed in to the workbench.',
      remedy: 'Start the workbench again and open the link that it prints.',
      problems: [],
    }
  }
  if (data?.httpStatus === undefined) {
    return {
      what: 'The workbench does not answer.',
      remedy: 'Its program may have ended: start it again, then reload this page. Trained steps are saved.',
      problems: [],
    }
  }
  return { what: error.message, remedy: 'Try again; if it stays, run fairsweep doctor.', problems: [] }
}

/** Whether the same call may succeed when it is made again: the workbench was busy or away, not wrongly asked. */
export function mayPass(error: unknown): boolean {
  const status =
    error instanceof TRPCClientError ? (error.data as { httpStatus?: number } | null)?.httpStatus : undefined
  return status === undefined || status >= 500
}
