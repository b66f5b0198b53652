import { z } from 'zod'
import { procedure, router, runId, studyName } from './procedure'

const GROUPS_AT_MOST = 200

/** What trains now and next, and in which order. Pause, resume and stop are the studies' own. */
export const queue = router({
  overview: procedure.query(({ ctx }) => ctx.workbench.queue.overview()),

  /** Groups that wait (of one study), in the order in which they will be trained; `from` 0 is the next one. */
  upcoming: procedure
    .input(
      z.strictObject({
        study: studyName.optional(),
        from: z.number().int().min(0).default(0),
        count: z.number().int().min(1).max(GROUPS_AT_MOST).default(50),
      }),
    )
    .query(({ ctx, input }) => ctx.workbench.queue.upcoming(input.from, input.count, input.study)),

  /** What the machine and the workers are doing at this moment. */
  machine: procedure.query(({ ctx }) => ctx.workbench.queue.machine()),

  /** The first study is trained first; what is in training goes on. */
  order: procedure
    .input(z.strictObject({ studies: z.array(studyName).max(10_000) }))
    .mutation(({ ctx, input }) => ctx.workbench.queue.order(input.studies)),

  /** A study comes first, and others save what they have in training. */
  trainNow: procedure
    .input(z.strictObject({ study: studyName }))
    .mutation(({ ctx, input }) => ctx.workbench.queue.trainNow(input.study)),

  /** Moves the group of a run before the group of another one of the same study; null: behind all. */
  move: procedure
    .input(z.strictObject({ study: studyName, run: runId, before: runId.nullable() }))
    .mutation(({ ctx, input }) => ctx.workbench.queue.move(input.study, input.run, input.before)),

  /** Goes on after what held the queue was mended. */
  release: procedure.mutation(({ ctx }) => ctx.workbench.queue.release()),

  /** Ends every open run of a study as cancelled, except those that another started study waits for. */
  cancelStudy: procedure
    .input(z.strictObject({ study: studyName }))
    .mutation(({ ctx, input }) => ctx.workbench.queue.cancelStudy(input.study)),
})
