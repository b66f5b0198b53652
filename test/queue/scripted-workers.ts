import type { OpenChannel } from '../../src-main/queue/channel'
import type { FromWorker, JobRun, RunOutcome, TrainingJob } from '../../src-main/training/messages'

const ENVIRONMENT = {
  engine: 'scripted',
  device: 'none',
  versions: {},
  threads: 1,
  group_size: 1,
  commit: null,
}

interface Work {
  readonly job: TrainingJob
  readonly seq: number
  readonly say: (message: FromWorker) => void
  readonly open: Map<string, JobRun>
}

/**
 * Workers in this process that take a step when they are told to, and keep checkpoints as the real ones do. They object to
 * what a queue must never do: a run in two hands, or one trained on that has ended.
 */
export class ScriptedWorkers {
  readonly objections: string[] = []
  /** Runs in the order in which they were given to a worker. */
  readonly given: string[] = []
  /** What they say of the places that they offer. */
  anySize = false
  private readonly works = new Set<Work>()
  private readonly checkpoints = new Map<string, number>()
  private readonly settled = new Set<string>()

  readonly open: OpenChannel = (_isolation, listener) => {
    let work: Work | null = null
    const say = (message: FromWorker): void => listener.message(message)
    queueMicrotask(() => say({ type: 'ready', environment: ENVIRONMENT }))
    return {
      send: (message) => {
        if (message.type === 'train') work = this.begin(message.job, message.seq, say)
        else if (work === null || !this.works.has(work)) return
        else if (message.type === 'pause') queueMicrotask(() => work && this.pause(work))
        else if (message.type === 'cancel') this.end(work, message.run, 'cancelled')
        else if (message.type === 'refill' && message.run !== null) this.take(work, message.run)
      },
      kill: () => Promise.resolve(),
    }
  }

  /** Every worker takes one step of its job. @returns whether anything was at work */
  step(): boolean {
    for (const work of [...this.works]) {
      for (const run of [...work.open.values()]) this.advance(work, run)
    }
    return this.works.size > 0
  }

  private begin(job: TrainingJob, seq: number, say: Work['say']): Work {
    const work = { job, seq, say, open: new Map<string, JobRun>() }
    this.works.add(work)
    for (const run of job.runs) this.take(work, run)
    return work
  }

  private take({ open, say }: Work, run: JobRun): void {
    const { id, slot } = run
    if ([...this.works].some((other) => other.open.has(id))) this.objections.push(`${id} is in two hands`)
    if ([...open.values()].some((other) => other.slot === slot)) this.objections.push(`${slot} is taken`)
    if (this.settled.has(id)) this.objections.push(`${id} has ended already`)
    this.given.push(id)
    open.set(id, run)
    const fromStep = this.checkpoints.get(id) ?? 0
    const network = { parametersTrained: 1, parametersTotal: 1, stepFlops: 1, parameters: [] }
    say({ type: 'begun', run: id, fromStep, evaluatedStep: fromStep, ...network })
  }

  private advance(work: Work, { id, config }: JobRun): void {
    const step = (this.checkpoints.get(id) ?? 0) + 1
    this.checkpoints.set(id, step)
    const [steps, values, times] = [Uint32Array.of(step), Float64Array.of(1 / step), Float64Array.of(step)]
    work.say({ type: 'points', run: id, chunks: [{ metric: 'train/loss', steps, values, times }] })
    if (step >= config.training.max_steps) this.end(work, id, 'finished')
  }

  private pause(work: Work): void {
    for (const id of work.open.keys()) this.end(work, id, 'paused')
  }

  private end(work: Work, id: string, state: RunOutcome['state']): void {
    const run = work.open.get(id)
    if (run === undefined) return
    work.open.delete(id)
    if (state === 'finished') this.settled.add(id)
    const steps = this.checkpoints.get(id) ?? 0
    work.say({ type: 'ended', run: id, outcome: { state, steps, bestStep: null, summary: {}, reason: null } })
    if (work.open.size > 0 && state !== 'paused') {
      work.say({ type: 'free', slot: run.slot, anySize: this.anySize })
    }
    if (work.open.size > 0) return
    this.works.delete(work)
    work.say({ type: 'done', seq: work.seq })
  }
}
