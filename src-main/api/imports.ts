import { z } from 'zod'
import { mappingSchema } from '../imports/mapping'
import type { Workbench } from '../workbench'
import { addPart, dropUpload, uploadedPaths } from '../workspace/uploads'
import { problemsOf, procedure, router, studyName } from './procedure'

type ImportOrder = Parameters<Workbench['imports']['look']>[0]

const upload = z.uuid()
/** Files where the workbench runs, by path; or what was uploaded. */
const source = z.union([
  z.strictObject({ paths: z.array(z.string().min(1).max(10_000)).min(1).max(1_000) }),
  z.strictObject({ upload }),
])
const order = z.strictObject({
  source,
  mapping: mappingSchema.optional(),
  as: studyName.optional(),
  skipDamaged: z.boolean().optional(),
})
/** Fits the door's limit for a request, in base64. */
const PART_BYTES = 1_000_000

export const imports = router({
  /** A file that was opened from outside, by its ticket. */
  opened: procedure
    .input(z.strictObject({ ticket: z.uuid() }))
    .query(({ ctx, input }) => ctx.workbench.opened.read(input.ticket)),

  /** What is in the files, how it would be understood, and what cannot be; nothing is stored. */
  look: procedure.input(order).mutation(async ({ ctx, input }) => {
    const { problems, ...preview } = await ctx.workbench.imports.look(orderOf(ctx.workbench, input))
    return { ...preview, problems: problems.flatMap(problemsOf) }
  }),

  /** Imports it, in one transaction; a second time adds nothing. */
  take: procedure.input(order).mutation(async ({ ctx, input }) => {
    const taken = await ctx.workbench.imports.take(orderOf(ctx.workbench, input))
    if ('upload' in input.source) dropUpload(ctx.workbench.workspace, input.source.upload)
    return taken
  }),

  /** One part of one file, from a page; parts of a file come in order. Gives the upload's id. */
  upload: procedure
    .input(
      z.strictObject({
        upload: upload.optional(),
        name: z.string().min(1).max(10_000),
        at: z.int().nonnegative(),
        base64: z.base64().max(Math.ceil((PART_BYTES * 4) / 3) + 4),
      }),
    )
    .mutation(({ ctx, input: { base64, ...part } }) => ({
      upload: addPart(ctx.workbench.workspace, { ...part, bytes: Buffer.from(base64, 'base64') }),
    })),

  forget: procedure
    .input(z.strictObject({ upload }))
    .mutation(({ ctx, input }) => dropUpload(ctx.workbench.workspace, input.upload)),
})

function orderOf(workbench: Workbench, { source, ...rest }: z.infer<typeof order>): ImportOrder {
  const paths = 'paths' in source ? source.paths : uploadedPaths(workbench.workspace, source.upload)
  return { ...rest, paths }
}
