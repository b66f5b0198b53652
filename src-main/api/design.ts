import { studyJsonSchema } from '../study/schema'
import { procedure, router } from './procedure'

export const design = router({
  /** Keys, ranges, defaults and a sentence on each key of the study file, as a JSON schema: what the editor completes. */
  schema: procedure.query(() => studyJsonSchema()),
})
