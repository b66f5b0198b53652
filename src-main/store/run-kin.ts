import type { ParameterRecord, RunRecord } from '../run'
import type { ReadableDatabase, WritableDatabase } from './database'
import { all, change, first } from './query'
import { oneRun, runNumber, studyHolding } from './run-rows'

/** As many rates and seeds as a page can show; a study may have thousands. */
const MOST_RATES = 24
const MOST_SEEDS = 9

/**
 * The runs of a study that differ from this one in learning rate and seed alone, itself included, at the nearest rates
 * and seeds; by rate, then seed.
 */
export function kinOf(db: ReadableDatabase, id: string, study: string): RunRecord[] {
  const { run } = runNumber(db, id)
  const alike = all<{ id: string; rate: number; seed: number }>(
    db,
    `SELECT runs.id, runs.learning_rate AS rate, runs.seed FROM study_runs AS own
      JOIN study_runs AS other ON other.study = own.study AND other.cell = own.cell
      JOIN runs ON runs.run = other.run AND runs.setup = (SELECT setup FROM runs WHERE run = own.run)
      WHERE own.study = ? AND own.run = ? ORDER BY runs.learning_rate, runs.seed`,
    studyHolding(db, run, study),
    run,
  )
  const own = alike.find((other) => other.id === id)
  const rates = nearest(
    alike.map(({ rate }) => rate),
    own?.rate ?? 0,
    MOST_RATES,
  )
  const seeds = nearest(
    alike.map(({ seed }) => seed),
    own?.seed ?? 0,
    MOST_SEEDS,
  )
  return alike.flatMap((other) =>
    rates.has(other.rate) && seeds.has(other.seed) ? (oneRun(db, other.id, study) ?? []) : [],
  )
}

/** So many of the values, as far around `middle` as they go on both sides. */
function nearest(values: readonly number[], middle: number, most: number): ReadonlySet<number> {
  const sorted = [...new Set(values)].sort((a, b) => a - b)
  const from = Math.min(sorted.indexOf(middle) - Math.floor(most / 2), sorted.length - most)
  return new Set(sorted.slice(Math.max(0, from), Math.max(0, from) + most))
}

/** Names of all studies that hold a run, whether they still plan it or not. */
export function holdersOf(db: ReadableDatabase, id: string): { name: string; inPlan: boolean }[] {
  return all<{ name: string; in_plan: number }>(
    db,
    'SELECT name, in_plan FROM study_runs JOIN studies USING (study) WHERE run = ? ORDER BY study',
    runNumber(db, id).run,
  ).map(({ name, in_plan }) => ({ name, inPlan: in_plan === 1 }))
}

type Row = readonly [name: string, shape: readonly number[], part: ParameterRecord['part'], trained: boolean]

/** The tensors of a run's network; null where none of its setup was ever started. */
export function parametersOf(db: ReadableDatabase, id: string): ParameterRecord[] | null {
  const sql = 'SELECT description FROM setup_parameters WHERE setup = (SELECT setup FROM runs WHERE run = ?)'
  const row = first<{ description: string }>(db, sql, runNumber(db, id).run)
  if (row === undefined) return null
  const tensors = JSON.parse(row.description) as Row[]
  return tensors.map(([name, shape, part, trained]) => ({ name, shape, part, trained }))
}

/** Writes down, once a setup, what its network is made of. */
export function noteParameters(
  db: WritableDatabase,
  run: number,
  parameters: readonly ParameterRecord[],
): void {
  const rows = parameters.map(({ name, shape, part, trained }): Row => [name, shape, part, trained])
  change(
    db,
    `INSERT INTO setup_parameters (setup, description)
      SELECT setup, ? FROM runs WHERE run = ? ON CONFLICT DO NOTHING`,
    JSON.stringify(rows),
    run,
  )
}
