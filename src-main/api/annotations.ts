import { z } from 'zod'
import { procedure, router, runId } from './procedure'

const RUNS_AT_MOST = 100_000
const runIds = z.array(runId).min(1).max(RUNS_AT_MOST)
const place = z.string().regex(/^[a-z]{1,20}$/)
const viewName = z.string().trim().min(1, 'a view needs a name').max(80)
// What stands in filters and lists: one line, not blank.
const tag = z
  .string()
  .trim()
  .regex(/^[^\p{Cc}]+$/u, 'a tag is one line of text')
  .max(60)

/** Tags, notes, runs put away and saved views. Each mutation answers what it changed: what undo needs. */
export const annotations = router({
  of: procedure
    .input(z.strictObject({ ids: z.array(runId).max(200) }))
    .query(({ ctx, input }) => ctx.workbench.store.annotations(input.ids)),

  tags: procedure.query(({ ctx }) => ctx.workbench.store.tags()),

  tag: procedure.input(z.strictObject({ ids: runIds, tag, on: z.boolean() })).mutation(({ ctx, input }) => ({
    changed: ctx.workbench.annotations.tag(input.tag, input.ids, input.on),
  })),

  note: procedure
    .input(z.strictObject({ id: runId, note: z.string().max(100_000).nullable() }))
    .mutation(({ ctx, input }) => {
      const note = input.note === null || input.note.trim() === '' ? null : input.note
      return { before: ctx.workbench.annotations.note(input.id, note) }
    }),

  archive: procedure
    .input(z.strictObject({ ids: runIds, archived: z.boolean() }))
    .mutation(({ ctx, input }) => ({
      changed: ctx.workbench.annotations.archive(input.ids, input.archived),
    })),

  views: procedure
    .input(z.strictObject({ place }))
    .query(({ ctx, input }) => ctx.workbench.store.views(input.place)),

  saveView: procedure
    .input(z.strictObject({ place, name: viewName, query: z.string().max(20_000) }))
    .mutation(({ ctx, input: { place, ...view } }) => ({
      before: ctx.workbench.annotations.saveView(place, view),
    })),

  removeView: procedure
    .input(z.strictObject({ place, name: z.string().max(80) }))
    .mutation(({ ctx, input }) => ({
      before: ctx.workbench.annotations.removeView(input.place, input.name),
    })),
})
