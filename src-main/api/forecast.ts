import { z } from 'zod'
import { besideDraft } from './beside'
import { procedure, router } from './procedure'

const text = z.string().max(1_000_000)

export const forecast = router({
  /** What training a study file would take, and the smallest difference it would show. The file must be a good one. */
  of: procedure.input(z.strictObject({ text })).query(
    besideDraft('forecast.of', async ({ ctx, input }) => {
      const { workbench } = ctx
      return workbench.forecaster.of(await workbench.checkStudy(input.text))
    }),
  ),

  /** Trains a few steps of every cell whose pace is not known; the stream tells of each. Ends when it is done or stopped. */
  measure: procedure.input(z.strictObject({ text })).mutation(async ({ ctx, input }) => {
    const { workbench } = ctx
    await workbench.forecaster.measure(await workbench.checkStudy(input.text))
  }),

  stop: procedure.mutation(({ ctx }) => ctx.workbench.forecaster.stop()),
})
