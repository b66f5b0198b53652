import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReadImport } from '../../src-main/imports/read-import'
import type { MetricName } from '../../src-main/run'

/** What `generate.py` put into every fixture: two settings, two rates, two seeds; 40 steps, validated every 10. */
interface ExpectedRun {
  readonly setting: string
  readonly learning_rate: number
  readonly seed: number
  /** At steps 1 to 40. */
  readonly loss: readonly number[]
  /** At steps 10, 20, 30, 40. */
  readonly validation: readonly number[]
  readonly test: number
}

export const FIXTURES = join(import.meta.dirname, 'fixtures')
export const EXPECTED = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as ExpectedRun[]

/** The points of one metric of an imported run, as [step, value]. */
export function pointsOf(
  { runs }: ReadImport,
  { setting, learning_rate, seed }: ExpectedRun,
  metric: MetricName,
): [number, number][] {
  const run = runs.find(
    ({ config, ...run }) =>
      run.setting === setting && config.learning_rate === learning_rate && config.seed === seed,
  )
  const chunk = run?.points.find((points) => points.metric === metric)
  return Array.from(chunk?.steps ?? [], (step, i) => [step, chunk!.values[i]!])
}

export const validationOf = ({ validation }: ExpectedRun): [number, number][] =>
  validation.map((value, i) => [10 * (i + 1), value])

export const lossOf = ({ loss }: ExpectedRun): [number, number][] => loss.map((value, i) => [i + 1, value])

/** The same as float32, which is what event files hold. */
export const narrowed = (points: readonly [number, number][]): [number, number][] =>
  points.map(([step, value]) => [step, Math.fround(value)])
