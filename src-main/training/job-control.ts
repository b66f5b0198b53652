import type { FromWorker, JobRun } from './messages'

/** What the other side has asked of the running job and acknowledged so far, and the way to speak to it. */
export class JobControl {
  #pausing = false
  readonly #cancelled = new Set<string>()
  readonly #stored = new Map<string, number>()
  #unanswered = 0
  #sent: JobRun[] = []
  #answered: (() => void) | null = null
  #waiting: { readonly run: string; readonly step: number; readonly resolve: () => void }[] = []

  constructor(readonly send: (message: FromWorker) => void) {}

  /** All runs are to be saved and ended as paused. */
  get pausing(): boolean {
    return this.#pausing
  }

  pause(): void {
    this.#pausing = true
  }

  isCancelled(run: string): boolean {
    return this.#cancelled.has(run)
  }

  cancel(run: string): void {
    this.#cancelled.add(run)
  }

  /** Asks for a run to take a place. @param anySize whatever the size of the group that it stands in */
  offer(slot: number, anySize: boolean): void {
    this.#unanswered++
    this.send({ type: 'free', slot, anySize })
  }

  /** The queue's answer to an offer. */
  answer(run: JobRun | null): void {
    this.#unanswered--
    if (run !== null) this.#sent.push(run)
    if (this.#unanswered === 0) this.#answered?.()
  }

  /** The runs that were sent, once every offer has its answer. */
  async answers(): Promise<JobRun[]> {
    if (this.#unanswered > 0) await new Promise<void>((resolve) => (this.#answered = resolve))
    return this.#sent.splice(0)
  }

  /** The store has all points of the run up to this step. */
  acknowledge(run: string, step: number): void {
    this.#stored.set(run, Math.max(step, this.#storedStep(run)))
    const reached = this.#waiting.filter((waiter) => this.#storedStep(waiter.run) >= waiter.step)
    this.#waiting = this.#waiting.filter((waiter) => !reached.includes(waiter))
    for (const { resolve } of reached) resolve()
  }

  /** Resolves once the store has all points of the run up to this step. */
  stored(run: string, step: number): Promise<void> {
    if (this.#storedStep(run) >= step) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ run, step, resolve }))
  }

  #storedStep(run: string): number {
    return this.#stored.get(run) ?? 0
  }
}
