import { z } from 'zod'
import { InputError } from '../errors'
import type { StudyRecord } from '../store/store'
import type { Workbench } from '../workbench'
import { procedure, router, studyName } from './procedure'

export const compare = router({
  /** Everything that a study's runs say; `otherRate` is the one learning rate that another paper used. */
  study: procedure
    .input(z.strictObject({ name: studyName, otherRate: z.number().positive().max(100).optional() }))
    .query(async ({ ctx, input }) => ({
      comparison: await ctx.workbench.compare(input.name, { otherRate: input.otherRate }),
      seal: sealOf(known(ctx.workbench, input.name)),
    })),

  /** Opens the test scores of a study before its last run has ended. Logged, and for good. */
  revealTest: procedure
    .input(z.strictObject({ name: studyName }))
    .mutation(({ ctx, input }) => sealOf(ctx.workbench.revealTest(input.name))),
})

function known(workbench: Workbench, name: string): StudyRecord {
  const record = workbench.store.study(name)
  if (record === null) throw new InputError(`no study '${name}' in this workspace`, { field: 'name' })
  return record
}

function sealOf({ testSealed, testOpenedAt, testRevealedAt, ruleFrozenAt, changedAfterTest }: StudyRecord) {
  return { testSealed, testOpenedAt, testRevealedAt, ruleFrozenAt, changedAfterTest }
}
