import { z } from 'zod'
import { compareStudy } from '../analysis/comparison'
import { InputError } from '../errors'
import { procedure, router, studyName } from './procedure'

export const compare = router({
  /** Everything that a study's runs say; `otherRate` is the one learning rate that another paper used. */
  study: procedure
    .input(z.strictObject({ name: studyName, otherRate: z.number().positive().max(100).optional() }))
    .query(({ ctx, input }) => {
      const { store } = ctx.workbench
      const record = store.study(input.name)
      if (record === null)
        throw new InputError(`no study '${input.name}' in this workspace`, { field: 'name' })
      const { study, testSealed, testOpenedAt, testRevealedAt, ruleFrozenAt, changedAfterTest } = record
      const comparison = compareStudy({
        study,
        runs: store.runs({ study: input.name, order: 'plan' }),
        testSealed,
        otherRate: input.otherRate,
      })
      return {
        comparison,
        seal: { testSealed, testOpenedAt, testRevealedAt, ruleFrozenAt, changedAfterTest },
      }
    }),
})
