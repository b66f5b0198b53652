import { z } from 'zod'
import { beside } from './beside'
import { procedure, studyName } from './procedure'

const name = z.strictObject({ name: studyName })

/** What becomes of a study as a whole, and what its card says; part of the `studies` router. */
export const studyLifecycle = {
  /** Costs a comparison, unless nothing has changed: asked for the cards in sight alone. */
  verdict: procedure
    .input(name)
    .query(beside('studies.verdict', ({ ctx, input }) => ctx.workbench.verdict(input.name))),

  archive: procedure
    .input(z.strictObject({ name: studyName, archived: z.boolean() }))
    .mutation(({ ctx, input }) => {
      ctx.workbench.studyShelf.archive(input.name, input.archived)
      return { name: input.name }
    }),

  /** What would go with a study, before it is deleted. */
  deletion: procedure.input(name).query(({ ctx, input }) => ctx.workbench.store.deletionOf(input.name)),

  /** `restore` undoes it until the workbench closes. */
  delete: procedure.input(name).mutation(({ ctx, input }) => ctx.workbench.studyShelf.delete(input.name)),

  restore: procedure.input(name).mutation(({ ctx, input }) => {
    ctx.workbench.studyShelf.restore(input.name)
    return { name: input.name }
  }),
}
