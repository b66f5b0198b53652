import type { RunConfig } from '../run'
import type { Checkpoint, CheckpointFolder } from './checkpoint'
import type { FusedGroup, GroupMember } from './group'
import type { JobControl } from './job-control'
import type { KeepWeights } from './keep-weights'
import type { JobRun } from './messages'
import type { TrainingRun } from './training-run'

/** A run, where its checkpoints go, and how its weights are kept when it is complete (null: they are not). */
export interface SavedRun {
  readonly run: TrainingRun
  readonly folder: CheckpointFolder
  readonly keep: KeepWeights | null
}

/** A run that has no place yet, and what it goes on from (null: it begins). */
export interface Recruit {
  readonly run: JobRun
  readonly folder: CheckpointFolder
  readonly from: Checkpoint | null
}

/** What a job knows of its runs and how they are brought together. */
export interface Site {
  /** K, as the job asks for it. */
  readonly size: number
  /** Does a run compute the same bits in groups of every size? */
  readonly sizesAreAlike: boolean
  /** Is a place whose run has ended offered to others? */
  readonly isRefilled: boolean
  /** What an empty place is filled with. */
  readonly config: RunConfig
  find(run: JobRun): Promise<Recruit>
  group(members: readonly GroupMember[]): Promise<FusedGroup>
  /** Makes the run known to the queue. */
  begin(recruit: Recruit): SavedRun
}

/**
 * A fused group and who is in it. A place whose run has ended is offered to the queue and given to the run that it sends,
 * which is one of this place. Where nobody comes, the last places are closed once that pays.
 */
export class Places {
  private members: SavedRun[] = []
  /** Places that were offered since their run ended; the queue is asked once. */
  private readonly offered = new Set<number>()
  private readonly idling = new Idling()
  private current: FusedGroup | null = null

  private constructor(
    private readonly site: Site,
    private readonly control: JobControl,
  ) {}

  static async open(site: Site, runs: readonly JobRun[], control: JobControl): Promise<Places> {
    const places = new Places(site, control)
    const taken = new Set(runs.map(({ slot }) => slot))
    const sent = [...runs, ...(await places.offer(site.size, taken))]
    const recruits = new Map<number, Recruit>()
    for (const run of sent) recruits.set(run.slot, await site.find(run))
    const size = site.sizesAreAlike ? 1 + Math.max(...recruits.keys()) : site.size
    await places.form(Array.from({ length: size }, (_, slot) => places.memberFor(recruits.get(slot))))
    for (const recruit of recruits.values()) places.enter(recruit)
    return places
  }

  get group(): FusedGroup {
    if (this.current === null) throw new Error('the group has been disposed of')
    return this.current
  }

  /** The runs that have a place, and those that have ended in theirs. */
  get runs(): readonly SavedRun[] {
    return this.members
  }

  get active(): TrainingRun[] {
    return this.members.flatMap(({ run }) => (run.active ? [run] : []))
  }

  keeperOf(run: TrainingRun): KeepWeights | null {
    return this.members.find((member) => member.run === run)?.keep ?? null
  }

  /** Fills and closes places; to be called between two steps. */
  async renew(): Promise<void> {
    // Where all have ended, their group is over, and the next one comes whole.
    if (this.site.isRefilled && this.active.length > 0) {
      const taken = new Set(this.active.map(({ slot }) => slot))
      for (const run of await this.offer(this.group.size, taken)) await this.admit(await this.site.find(run))
    }
    if (this.isWorthClosing) await this.close()
  }

  /** A step of the group has taken so long. */
  stepped(milliseconds: number): void {
    this.idling.stepped(milliseconds, this.closed / this.group.size)
  }

  dispose(): void {
    for (const { run } of this.members) run.dispose()
    this.current?.dispose()
    this.current = null
  }

  /** Offers the empty ones of so many places, and waits for the runs that are sent. */
  private async offer(places: number, taken: ReadonlySet<number>): Promise<readonly JobRun[]> {
    for (let slot = 0; slot < places; slot++) {
      if (taken.has(slot) || this.offered.has(slot)) continue
      this.offered.add(slot)
      this.control.offer(slot, this.site.sizesAreAlike)
    }
    return this.control.answers()
  }

  private async admit(recruit: Recruit): Promise<void> {
    if (this.control.isCancelled(recruit.run.id)) return this.site.begin(recruit).run.end('cancelled')
    await this.group.place(recruit.run.slot, this.memberFor(recruit))
    this.enter(recruit)
  }

  private enter(recruit: Recruit): void {
    const member = this.site.begin(recruit)
    this.members = [...this.members.filter(({ run }) => run.active), member]
    this.offered.delete(member.run.slot)
  }

  /** How many places at the end are empty. */
  private get closed(): number {
    return this.group.size - 1 - Math.max(-1, ...this.active.map(({ slot }) => slot))
  }

  private get isWorthClosing(): boolean {
    const { active } = this
    if (!this.site.sizesAreAlike || active.length === 0 || this.closed === 0) return false
    const stepsLeft = Math.max(...active.map(({ step, config }) => config.training.max_steps - step))
    return this.idling.isWorthEnding(stepsLeft)
  }

  /** Goes on without the places at the end that are empty; every run keeps its own. */
  private async close(): Promise<void> {
    const { active, group, closed } = this
    const size = group.size - closed
    const message = `a fused group of ${group.size} goes on with ${size} ${size === 1 ? 'place' : 'places'}, for nobody waits for the others: ${this.idling.why}`
    this.control.send({ type: 'log', level: 'info', run: null, message })
    const members = Array.from({ length: size }, (_, slot) => {
      const run = active.find((run) => run.slot === slot)
      const { seed, learning_rate: learningRate } = run?.config ?? this.site.config
      return { seed, learningRate, from: run === undefined ? null : group.read(slot) }
    })
    group.dispose()
    this.current = null
    await this.form(members)
    this.members = this.members.filter(({ run }) => run.active)
  }

  private async form(members: readonly GroupMember[]): Promise<void> {
    const started = performance.now()
    this.current = await this.site.group(members)
    this.idling.begin(performance.now() - started)
  }

  /** An empty place is a run that never takes a step; it shares a seed with another, hence its frozen weights. */
  private memberFor(recruit: Recruit | undefined): GroupMember {
    const { seed, learning_rate: learningRate } = recruit?.run.config ?? this.site.config
    return { seed, learningRate, from: recruit?.from?.tensors ?? null }
  }
}

/**
 * What the empty places of a group have cost. They are closed once that is as much as forming the group anew takes, if as
 * much would be lost again: so that whatever comes, no more than twice the least is lost.
 */
class Idling {
  private formingMs = 0
  private lostMs = 0
  /** Of the last step. */
  private stepMs: number | null = null
  private steps = 0
  private share = 0

  begin(formingMs: number): void {
    Object.assign(this, { formingMs, lostMs: 0, stepMs: null, steps: 0, share: 0 })
  }

  /** @param share of the places that could be closed */
  stepped(milliseconds: number, share: number): void {
    // The graph is made ready in the first step.
    if (++this.steps === 2) this.formingMs += Math.max(0, (this.stepMs ?? 0) - milliseconds)
    this.stepMs = milliseconds
    this.share = share
    if (this.steps > 1) this.lostMs += milliseconds * share
  }

  isWorthEnding(stepsLeft: number): boolean {
    const toLose = stepsLeft * (this.stepMs ?? 0) * this.share
    return this.steps > 2 && Math.min(this.lostMs, toLose) > this.formingMs
  }

  get why(): string {
    return `they have cost ${seconds(this.lostMs)} s, and forming the group anew takes ${seconds(this.formingMs)} s`
  }
}

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1)
