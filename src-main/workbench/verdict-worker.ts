import { Worker } from 'node:worker_threads'
import type { StudyVerdict } from '../analysis/study-verdict'

/** What the program of a verdict's thread is given. */
export interface VerdictOrder {
  /** The database's path. */
  readonly database: string
  readonly study: string
  /** The scores of guessing, by task name. */
  readonly chance: Readonly<Record<string, number>>
}

export type AskVerdict = (study: string, chance: VerdictOrder['chance']) => Promise<StudyVerdict>

/**
 * Asks for verdicts on a database in a thread, one after the other: each takes a processor for as long as it lasts, and
 * holds a study's runs in memory.
 */
export class VerdictWorker {
  private last: Promise<unknown> = Promise.resolve()
  private running: Worker | null = null
  private isStopped = false

  constructor(
    private readonly entry: string,
    private readonly database: string,
  ) {}

  readonly ask: AskVerdict = (study, chance) => {
    const verdict = this.last.then(() => this.conclude({ database: this.database, study, chance }))
    this.last = verdict.catch(() => undefined)
    return verdict
  }

  /** What was asked and is not answered is refused. */
  async stop(): Promise<void> {
    this.isStopped = true
    await this.running?.terminate()
  }

  private conclude(order: VerdictOrder): Promise<StudyVerdict> {
    return new Promise((resolve, reject) => {
      if (this.isStopped) return reject(new Error('the workbench is closed'))
      const worker = new Worker(this.entry, { workerData: order })
      this.running = worker
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', (code) => {
        this.running = null
        reject(new Error(`the thread of the verdict ended with code ${code}`))
      })
    })
  }
}
