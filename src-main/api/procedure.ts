import { initTRPC, TRPCError } from '@trpc/server'
import { z, ZodError } from 'zod'
import { InputError, InputErrors } from '../errors'
import type { InputPlace } from '../errors'
import type { Workbench } from '../workbench'

/** What every call of the API works on. */
export interface ApiContext {
  readonly workbench: Workbench
  /** The caller unpacks what `beside` packs: pages do. */
  readonly unpacks?: boolean
}

/** One thing wrong with an input, and where. */
export interface Problem {
  readonly message: string
  readonly place: InputPlace
}

/**
 * Errors leave the API without a stack, and with the problems of the input where there are any: the renderer puts each
 * beside its field.
 */
const t = initTRPC.context<ApiContext>().create({
  isDev: false,
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: { ...shape.data, problems: problemsOf(error.cause) },
  }),
})

/** A user's mistake is a bad request, never an internal error. */
const answerInputErrors = t.middleware(async ({ next }) => {
  const result = await next()
  if (!result.ok && result.error.cause instanceof InputError) throw badRequest(result.error.cause)
  if (result.ok && isStream(result.data)) return { ...result, data: refusing(result.data) }
  return result
})

const badRequest = (cause: InputError): TRPCError =>
  new TRPCError({ code: 'BAD_REQUEST', message: cause.message, cause })

const isStream = (data: unknown): data is AsyncIterable<unknown> =>
  typeof data === 'object' && data !== null && Symbol.asyncIterator in data

/** A subscription finds a mistake while it runs. As an internal error, clients would begin it anew, for ever. */
async function* refusing(stream: AsyncIterable<unknown>): AsyncGenerator {
  try {
    yield* stream
  } catch (error) {
    throw error instanceof InputError ? badRequest(error) : error
  }
}

export const router = t.router
export const procedure = t.procedure.use(answerInputErrors)
export const callerOf = t.createCallerFactory

/** What was wrong with an input, one entry a problem; empty for every other kind of error. */
export function problemsOf(error: unknown): Problem[] {
  if (error instanceof InputErrors) return error.errors.map(problemOf)
  if (error instanceof InputError) return [problemOf(error)]
  if (error instanceof ZodError) {
    return error.issues.map((issue) => ({ message: issue.message, place: { field: issue.path.join('.') } }))
  }
  return []
}

const problemOf = (error: InputError): Problem => ({ message: error.problem, place: error.place })

export const studyName = z.string().min(1).max(500)
export const runId = z.string().regex(/^[0-9a-f]{12}$/, 'a run id is 12 hex digits')
