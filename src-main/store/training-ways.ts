import type { TrainingWay } from '../run'
import type { ReadableDatabase, WritableDatabase } from './database'
import { all, change } from './query'
import { studyNumber } from './run-rows'

/** How a study's runs of one kind are trained on a device. */
export interface ChosenWay {
  readonly study: string
  /** What a step's work depends on, as a hash. */
  readonly program: string
  readonly device: string
  /** The study's words for it. */
  readonly cell: string
  readonly way: TrainingWay
}

interface Row {
  readonly study: string
  readonly program: string
  readonly device: string
  readonly cell: string
  readonly way: string
}

/** All ways of training that were chosen in this workspace, the newest first. */
export function trainingWays(db: ReadableDatabase): ChosenWay[] {
  const sql = `SELECT name AS study, program, device, cell, way FROM training_ways JOIN studies USING (study)
    ORDER BY chosen_at DESC, program`
  return all<Row>(db, sql).map((row) => ({ ...row, way: JSON.parse(row.way) as TrainingWay }))
}

/** Keeps a way of training with its study. One that is there already stays: its runs may have begun. */
export function keepTrainingWay(
  db: WritableDatabase,
  { study, program, device, cell, way }: ChosenWay,
  at: string,
): void {
  change(
    db,
    `INSERT INTO training_ways (study, program, device, cell, way, chosen_at) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING`,
    studyNumber(db, study),
    program,
    device,
    cell,
    JSON.stringify(way),
    at,
  )
}
