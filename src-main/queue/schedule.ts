import { InputError } from '../errors'
import type { TrainingWay } from '../run'
import type { Entry } from './entry'
import type { Group } from './groups'

/** A group of a study's plan, in the queue's hands. */
export interface Batch {
  readonly study: string
  readonly group: Group
  readonly entries: readonly Entry[]
  /** Null: it is to be measured first. */
  readonly way: TrainingWay | null
  /** Where it stands in its study: its number in the plan, unless somebody moved it. */
  place: number
}

/**
 * The order in which things are trained: studies in the order that somebody gave them, those that nobody placed after
 * them as they were started; within a study its groups by their places. Built for plans of 100,000 runs: what is looked
 * through on every change reads fields and looks nothing up.
 */
export class Schedule {
  /** Started studies, in the order of their starts; their groups by place. */
  private readonly lines = new Map<string, Batch[]>()

  /** @param placed names of studies, as somebody placed them; more than are started */
  constructor(private placed: readonly string[] = []) {}

  enter(study: string, batches: readonly Batch[]): void {
    this.lines.set(study, batches.toSorted(byPlace))
  }

  leave(study: string): void {
    this.lines.delete(study)
  }

  has(study: string): boolean {
    return this.lines.has(study)
  }

  /** The order that somebody gave, those that are not started included. */
  get order(): readonly string[] {
    return this.placed
  }

  /** Started studies in the order in which they are trained. */
  get studies(): string[] {
    const placed = this.placed.filter((name) => this.lines.has(name))
    return [...placed, ...[...this.lines.keys()].filter((name) => !placed.includes(name))]
  }

  place(studies: readonly string[]): void {
    this.placed = [...studies]
  }

  /** A study's groups in the order in which they are trained; none where it is not started. */
  batchesOf(study: string): readonly Batch[] {
    return this.lines.get(study) ?? []
  }

  /** Some started study waits for the run. */
  wants({ studies }: Entry): boolean {
    return [...studies].some((study) => this.lines.has(study))
  }

  /** Some run (of the study) is queued. */
  hasQueued(study?: string): boolean {
    const studies = study === undefined ? this.lines.keys() : [study]
    return [...studies].some((name) =>
      this.batchesOf(name).some(({ entries }) => entries.some(({ state }) => state === 'queued')),
    )
  }

  /**
   * What is to be trained next: the first group that waits or, where there is no place for it now, the first of its study
   * that there is a place for.
   */
  next(isWaiting: (batch: Batch) => boolean, hasPlace: (batch: Batch) => boolean): Batch | undefined {
    let first: Batch | undefined
    for (const batch of this) {
      if (first !== undefined && batch.study !== first.study) return undefined
      if ((first !== undefined && !hasPlace(batch)) || !isWaiting(batch)) continue
      if (hasPlace(batch)) return batch
      first = batch
    }
    return undefined
  }

  /** All groups in the order in which they are trained. */
  *[Symbol.iterator](): Generator<Batch> {
    for (const study of this.studies) yield* this.batchesOf(study)
  }

  /**
   * Moves the group of a run before the group of another, or (null) to the end of its study.
   * @returns the new places of runs, by id
   * @throws {InputError} where the study has no group of such a run
   */
  move(study: string, run: string, before: string | null): Map<string, number> {
    const line = this.lines.get(study) ?? []
    const moved = find(line, study, run)
    if (moved.entries.some(({ id }) => id === before)) return new Map()
    const rest = line.filter((batch) => batch !== moved)
    const at = before === null ? rest.length : rest.indexOf(find(rest, study, before))
    rest.splice(at, 0, moved)
    moved.place = between(rest[at - 1]?.place, rest[at + 1]?.place)
    // After many moves into one gap no number lies between two others any more.
    const isCrowded = rest[at - 1]?.place === moved.place || rest[at + 1]?.place === moved.place
    if (isCrowded) rest.forEach((batch, place) => (batch.place = place))
    this.lines.set(study, rest)
    const placed = isCrowded ? rest : [moved]
    return new Map(placed.flatMap(({ entries, place }) => entries.map(({ id }) => [id, place] as const)))
  }
}

const byPlace = (a: Batch, b: Batch): number => a.place - b.place

function find(batches: readonly Batch[], study: string, run: string): Batch {
  const found = batches.find(({ entries }) => entries.some(({ id }) => id === run))
  if (found === undefined) throw new InputError(`the queue has no run ${run} of ${study} to move`)
  return found
}

function between(above: number | undefined, below: number | undefined): number {
  if (above === undefined) return (below ?? 1) - 1
  return below === undefined ? above + 1 : (above + below) / 2
}
