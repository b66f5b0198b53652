import { join } from 'node:path'
import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

/**
 * What takes longest, longest first, so that no long file is left for the end. A browser waits much and training does not:
 * they alternate, so that one computes while the other waits. Everything else follows as vitest has it.
 */
export const LONGEST: readonly string[] = [
  'training/fused.test.ts',
  'e2e/places.test.ts',
  'training/by-length.test.ts',
  'e2e/workbench.test.ts',
  'workbench/cells.test.ts',
  'e2e/cli.test.ts',
  'training/worker.test.ts',
  'e2e/hand-over.test.ts',
  'training/parity.test.ts',
  'e2e/compare.test.ts',
  'training/resume-trunks.test.ts',
  'e2e/study-of.test.ts',
  'training/sizes-alike.test.ts',
  'e2e/runs.test.ts',
  'training/protocols.test.ts',
  'e2e/design.test.ts',
  'weights/model-folder.test.ts',
  'e2e/reports.test.ts',
  'training/precision.test.ts',
  'e2e/keyboard.test.ts',
  'training/places.test.ts',
  'e2e/export-weights.test.ts',
  'training/padding.test.ts',
  'e2e/many-runs.test.ts',
  'training/resume.test.ts',
  'e2e/queue-and-run.test.ts',
  'training/groups-of-one-graph.test.ts',
  'e2e/studies.test.ts',
  'training/loop.test.ts',
  'e2e/library.test.ts',
  'training/accumulate.test.ts',
  'e2e/settings.test.ts',
  'training/flops.test.ts',
  'e2e/imports.test.ts',
  'store/kill.test.ts',
  'e2e/weights.test.ts',
  'queue/order.test.ts',
  'scripts/setup.test.ts',
  'models/build.test.ts',
  'queue/queue.test.ts',
  'queue/training-worker.test.ts',
]
const PLACES = new Map(LONGEST.map((file, place) => [join(import.meta.dirname, file), place]))

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => PLACES.get(moduleId) ?? Infinity
    const sorted = await super.sort(files)
    // Equal places stay as they are: sorting is stable, and no place minus none is NaN.
    return sorted.sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)))
  }
}
