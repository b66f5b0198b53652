import { NOT_YET } from '../study/not-yet'
import { procedure, router } from './procedure'

/** Tasks that a study may name, with a sentence on each. */
const TASKS = [
  { kind: 'mnist', about: 'Handwritten digits, 60,000 to train, 10,000 to test.' },
  { kind: 'idx-images', about: 'Images of your own in MNIST’s file format, cut into patches.' },
] as const

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
  tasks: procedure.query(() => TASKS.filter(({ kind }) => !NOT_YET.tasks.includes(kind))),
})
