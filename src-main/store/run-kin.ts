import type { ParameterRecord, RunRecord } from '../run'
import type { ReadableDatabase, WritableDatabase } from './database'
import { all, change, first } from './query'
import { oneRun, runNumber, studyHolding } from './run-rows'

/** The runs of a study that differ from this one in learning rate and seed alone, itself included; by rate, then seed. */
export function kinOf(db: ReadableDatabase, id: string, study: string): RunRecord[] {
  const { run } = runNumber(db, id)
  const alike = all<{ id: string }>(
    db,
    `SELECT runs.id FROM study_runs AS own
      JOIN study_runs AS other ON other.study = own.study AND other.cell = own.cell
      JOIN runs ON runs.run = other.run AND runs.setup = (SELECT setup FROM runs WHERE run = own.run)
      WHERE own.study = ? AND own.run = ? ORDER BY runs.learning_rate, runs.seed`,
    studyHolding(db, run, study),
    run,
  )
  return alike.flatMap((other) => oneRun(db, other.id, study) ?? [])
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
