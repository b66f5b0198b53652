import { isOpen } from '../run'
import type { Crew } from './crew'
import { maxStepsOf, programOf } from './entry'
import type { Entry } from './entry'
import type { Held, QueueOverview, QueuePage, QueuedGroup, QueuedStudy, RunningGroup } from './overview'
import { PaceBook } from './progress'
import type { Recorder } from './recorder'
import type { Batch, Schedule } from './schedule'
import type { Slot, SlotJob } from './slot'

/** What the queue looks like to those who watch it: what is in training, what waits, and for how long. */
export class Survey {
  private readonly pace = new PaceBook()

  constructor(
    private readonly schedule: Schedule,
    private readonly crew: Crew,
    private readonly recorder: Recorder,
  ) {}

  overview(held: Held | null, measuring: string | null = null): QueueOverview {
    const running = this.crew.slots.flatMap((slot) => (slot.job === null ? [] : this.running(slot, slot.job)))
    const studies = this.schedule.studies.map((name) => this.study(name))
    return {
      held,
      measuring,
      workers: this.crew.lanes,
      running,
      studies,
      order: this.schedule.order,
      secondsLeft: this.secondsLeft(),
    }
  }

  upcoming(from: number, count: number, study?: string): QueuePage {
    const groups: QueuedGroup[] = []
    let total = 0
    for (const batch of study === undefined ? this.schedule : this.schedule.batchesOf(study)) {
      const waiting = this.crew.waitingIn(batch)
      if (waiting.length === 0) continue
      if (total >= from && groups.length < count) groups.push(grouped(batch, waiting))
      total++
    }
    return { groups, total }
  }

  /** Until the last open run (of the study) would end; null when the study is not started, or it is too early. */
  secondsLeft(study?: string): number | null {
    if (study !== undefined && !this.schedule.has(study)) return null
    const progress = this.measure()
    const work = new Map<string, number>()
    const counted = new Set<Entry>()
    for (const { entries } of study === undefined ? this.schedule : this.schedule.batchesOf(study)) {
      for (const entry of entries) {
        if (!isOpen(entry.state) || counted.has(entry)) continue
        counted.add(entry)
        const program = programOf(entry.run)
        const steps = maxStepsOf(entry.run) - (progress.get(entry.id) ?? 0)
        work.set(program, (work.get(program) ?? 0) + steps)
      }
    }
    const seconds = this.pace.secondsFor(work)
    return seconds === null ? null : seconds / this.crew.lanes
  }

  /** Notes how fast everything goes now. @returns the step of each run in training */
  private measure(): ReadonlyMap<string, number> {
    const progress = this.recorder.progress()
    for (const { job } of this.crew.slots) {
      const [first] = job?.entries ?? []
      if (!first) continue
      const ids = new Set(job?.entries.map(({ id }) => id))
      this.pace.note(
        programOf(first.run),
        progress.filter(({ run }) => ids.has(run)),
      )
    }
    return new Map(progress.map(({ run, step }) => [run, step]))
  }

  private study(name: string): QueuedStudy {
    const waiting = this.schedule.batchesOf(name).flatMap((batch) => {
      const entries = this.crew.waitingIn(batch)
      return entries.length > 0 ? [entries.length] : []
    })
    return {
      name,
      groups: waiting.length,
      runs: waiting.reduce((sum, runs) => sum + runs, 0),
      secondsLeft: this.secondsLeft(name),
    }
  }

  private running({ worker, inTraining: entries }: Slot, { batch, since }: SlotJob): RunningGroup {
    const ids = new Set(entries.map(({ id }) => id))
    return {
      ...grouped(batch, entries),
      studies: [...new Set(entries.flatMap(({ studies }) => [...studies]))],
      device: worker?.device ?? null,
      pid: worker?.pid ?? null,
      since,
      isPausing: worker?.isPausing ?? false,
      progress: this.recorder.progress().filter(({ run }) => ids.has(run)),
    }
  }
}

function grouped({ study, group, way }: Batch, entries: readonly Entry[]): QueuedGroup {
  const [first] = group.runs
  return {
    study,
    task: first?.task ?? '',
    model: first?.model ?? '',
    setting: first?.setting ?? '',
    isolation: entries[0]?.isolation ?? 'thread',
    runs: entries.map(({ id, run, faults }) => ({
      id,
      learningRate: run.config.learning_rate,
      seed: run.config.seed,
      maxSteps: maxStepsOf(run),
      faults,
    })),
    size: group.runs.length,
    way: way?.why ?? '',
  }
}
