import type { TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import type { AppRouter } from '../src-main/api/router'
import type { PackedAnswer } from '../src-main/workbench/answer-thread'

/** Gives out answers that travelled packed: those about studies of very many runs. */
export const unpackLink =
  (): TRPCLink<AppRouter> =>
  () =>
  ({ op, next }) =>
    observable((observer) => {
      let isPacked = false
      const answers = next(op).subscribe({
        next(value) {
          const data: unknown = 'data' in value.result ? value.result.data : undefined
          if (!isPackedAnswer(data)) return observer.next(value)
          isPacked = true
          void unpack(data).then(
            (unpacked) => {
              observer.next({ ...value, result: { type: 'data', data: unpacked } })
              observer.complete()
            },
            (error: unknown) => observer.error(error as Parameters<typeof observer.error>[0]),
          )
        },
        error: (error) => observer.error(error),
        // What is still being unpacked comes first.
        complete: () => {
          if (!isPacked) observer.complete()
        },
      })
      return () => answers.unsubscribe()
    })

const isPackedAnswer = (data: unknown): data is PackedAnswer =>
  typeof data === 'object' &&
  data !== null &&
  Object.keys(data).length === 1 &&
  'gzip' in data &&
  typeof data.gzip === 'string'

/** The JSON that was packed. */
async function unpack({ gzip }: PackedAnswer): Promise<unknown> {
  const bytes = Uint8Array.from(atob(gzip), (letter) => letter.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Response(stream).json()
}
