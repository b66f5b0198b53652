import { createHash } from 'node:crypto'
import type { ImportedRun } from '../store/store'
import { canonicalJson } from '../study/key'

/** SHA-256 of all that was imported of a run: the same content is the same run. */
export function contentKey({ points, summary, ...rest }: Omit<ImportedRun, 'key'>): string {
  const hash = createHash('sha256')
  const scores = Object.entries(summary).map(([metric, value]) => [metric, String(value)])
  hash.update(canonicalJson({ ...rest, summary: scores }))
  for (const { metric, steps, values, times } of points) {
    hash.update(`${metric} ${steps.length}\n`)
    for (const list of [steps, values, times])
      hash.update(new Uint8Array(list.buffer, list.byteOffset, list.byteLength))
  }
  return hash.digest('hex')
}
