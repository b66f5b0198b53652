import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { InputError } from '../errors'
import type { InstalledData, InstalledModel, Transfer, Verification } from '../library/library'
import type { ReadableStore } from '../store/store'
import { isTrainable } from '../study/study'
import { TASK_ABOUT } from '../study/kinds'
import { procedure, router } from './procedure'

/** Tasks that a study may name, with a sentence on each. */
const TASKS = Object.entries(TASK_ABOUT).map(([kind, about]) => ({ kind, about }))

/** A model or data set with the studies that name it. */
export type ModelOnShelf = InstalledModel & { readonly usedBy: readonly string[] }
export type DataOnShelf = InstalledData & { readonly usedBy: readonly string[] }

/** How far a fetch is; last, the name of what is installed. */
export type Fetched = Transfer | { readonly name: string }

const what = z.enum(['model', 'data'])
const name = z.string().min(1).max(200)
const holding = z.strictObject({ what, name })

export const library = router({
  /** Models that a study may name. */
  models: procedure.query(async ({ ctx }) =>
    (await ctx.workbench.library.models()).map(({ name, title, problem, bytes, from }) => ({
      name,
      about: problem ?? title,
      isUsable: problem === null,
      bytes,
      from,
    })),
  ),
  tasks: procedure.query(() => TASKS),

  /** Everything that is here, with its files and who uses it. */
  shelves: procedure.query(async ({ ctx }) => {
    const { library, store } = ctx.workbench
    const [models, data] = await Promise.all([library.models(), library.data()])
    const uses = usesIn(store)
    return {
      models: models.map((model): ModelOnShelf => ({ ...model, usedBy: uses.ofModel(model) })),
      data: data.map((each): DataOnShelf => ({ ...each, usedBy: uses.ofData(each) })),
    }
  }),

  /** Copies a folder of this machine into the workspace. */
  add: procedure
    .input(z.strictObject({ what, folder: z.string().min(1).max(4_096), name: name.optional() }))
    .mutation(async ({ ctx, input }) => {
      const { library } = ctx.workbench
      const { folder, name } = input
      const added =
        input.what === 'model' ? await library.addModel(folder, name) : await library.addData(folder, name)
      return { name: added.name }
    }),

  /** Data that is fetched by its name, on the user's word: from where, and how large. */
  downloads: procedure.query(({ ctx }) => ctx.workbench.library.downloads),

  /** Fetches a model from the hub, or a data set from its official address, and tells how far it is; unsubscribing stops it. */
  fetch: procedure
    .input(z.strictObject({ what, place: z.string().min(1).max(500), name: name.optional() }))
    .subscription(async function* ({ ctx, input, signal }): AsyncGenerator<Fetched> {
      const { library } = ctx.workbench
      const { place, name, what: kind } = input
      const until = signal ?? new AbortController().signal
      const fetching =
        kind === 'model' ? library.fetchModel(place, name, until) : library.fetchData(place, name, until)
      try {
        const installed = yield* fetching
        yield { name: installed.name }
      } catch (error) {
        if (until.aborted) return
        // A full disk is no better at the next attempt, which clients begin at once after an internal error.
        if (error instanceof InputError || !(error instanceof Error)) throw error
        throw new TRPCError({ code: 'UNPROCESSABLE_CONTENT', message: error.message, cause: error })
      }
    }),

  /** `restore` undoes it until the workbench closes. */
  remove: procedure.input(holding).mutation(async ({ ctx, input }) => {
    await ctx.workbench.library.remove(input.what, input.name)
    return { name: input.name }
  }),

  restore: procedure.input(holding).mutation(async ({ ctx, input }) => {
    await ctx.workbench.library.restore(input.what, input.name)
    return { name: input.name }
  }),

  /** Hashes its files again; unsubscribing stops it. */
  verify: procedure.input(holding).subscription(async function* ({
    ctx,
    input,
    signal,
  }): AsyncGenerator<Verification> {
    for await (const progress of ctx.workbench.library.verify(input.what, input.name)) {
      if (signal?.aborted === true) return
      yield progress
    }
  }),
})

/** Which studies name what. */
function usesIn(store: ReadableStore) {
  const studies = store
    .studies()
    .map(({ study }) => study)
    .filter(isTrainable)
  return {
    ofModel: (model: InstalledModel): string[] =>
      studies
        .filter(({ models }) =>
          models.some(
            (each) =>
              (each.from === 'catalogue' && (each.installed ?? each.name) === model.name) ||
              (each.from === 'directory' && each.path === model.path),
          ),
        )
        .map(({ name }) => name),
    ofData: (data: InstalledData): string[] =>
      studies
        .filter(({ tasks }) =>
          tasks.some(({ kind, options }) =>
            data.from === 'set-up' || (data.format === data.name && options['dir'] === undefined)
              ? kind === data.name
              : options['dir'] === data.path,
          ),
        )
        .map(({ name }) => name),
  }
}
