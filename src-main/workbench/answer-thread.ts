import { Worker } from 'node:worker_threads'
import { InputError, InputErrors } from '../errors'
import type { InputPlace } from '../errors'
import type { EventStream } from '../queue/event-stream'
import type { ReadableStore, StudyRecord } from '../store/store'
import { isLargeStudy } from './conclusions'

/** What the thread is started with. */
export interface AnswerOrder {
  readonly workspace: string
}

/** A call of the API for the thread to answer. */
export interface Question {
  readonly seq: number
  readonly type: 'query' | 'mutation'
  readonly path: string
  readonly input: unknown
}

/** JSON, compressed; or why there is none, with what was wrong with the input. */
export type Reply =
  | { readonly seq: number; readonly gzip: Uint8Array }
  | {
      readonly seq: number
      readonly message: string
      readonly problems: readonly { readonly message: string; readonly place: InputPlace }[]
    }

/** An answer on its way to a page, as base64 of compressed JSON: it costs who hands it on next to nothing. */
export interface PackedAnswer {
  readonly gzip: string
}

/** So long after its last answer the thread is let go, with the runs that it holds. */
const IDLE_MS = 120_000

/** Answers that are small are kept: the lines of the cards outlive the thread. */
const KEPT_LETTERS = 64 * 1024

interface Asked {
  readonly resolve: (answer: PackedAnswer) => void
  readonly reject: (error: Error) => void
}

/**
 * Answers calls of the API in a thread that reads the workspace by itself: what a study of 100,000 runs says takes
 * seconds to conclude and as long to write down, and the workbench goes on meanwhile. The thread keeps what it concluded
 * for the next question, and small answers are kept here while the history says what it said.
 */
export class AnswerThread {
  private worker: Worker | null = null
  private readonly asked = new Map<number, Asked>()
  /** Small answers, and those under way, by question. */
  private readonly kept = new Map<string, Promise<PackedAnswer>>()
  private keptFor = ''
  private seq = 0
  private idle: NodeJS.Timeout | undefined
  private isStopped = false

  constructor(
    private readonly entry: string,
    private readonly workspace: string,
    private readonly store: Pick<ReadableStore, 'version'>,
    events: Pick<EventStream, 'subscribe'>,
    private readonly idleMs = IDLE_MS,
  ) {
    events.subscribe(({ type }) => {
      if (type === 'library-changed') this.kept.clear()
      // Other data, other scores of guessing: what was concluded is forgotten, what is being answered goes on.
      if (type === 'library-changed' && this.asked.size === 0) void this.letGo()
    })
  }

  /** Whether a study has so many runs that it is asked about here. */
  isFor(study: StudyRecord | null): boolean {
    return study !== null && isLargeStudy(study)
  }

  /** @throws {InputError} what the call itself would have thrown */
  ask(type: Question['type'], path: string, input: unknown): Promise<PackedAnswer> {
    if (this.isStopped) return Promise.reject(new Error('the workbench is closed'))
    if (type === 'mutation') return this.send(type, path, input)
    const version = this.store.version()
    if (version !== this.keptFor) this.kept.clear()
    this.keptFor = version
    const key = JSON.stringify([path, input])
    const kept = this.kept.get(key)
    if (kept !== undefined) return kept
    const answer = this.send(type, path, input)
    this.kept.set(key, answer)
    const forget = (): void => {
      if (this.kept.get(key) === answer) this.kept.delete(key)
    }
    answer.then(({ gzip }) => gzip.length > KEPT_LETTERS && forget(), forget)
    return answer
  }

  /** What was asked and is not answered is refused. */
  async stop(): Promise<void> {
    this.isStopped = true
    await this.letGo()
  }

  private send(type: Question['type'], path: string, input: unknown): Promise<PackedAnswer> {
    clearTimeout(this.idle)
    const worker = (this.worker ??= this.start())
    const seq = ++this.seq
    return new Promise((resolve, reject) => {
      this.asked.set(seq, { resolve, reject })
      worker.postMessage({ seq, type, path, input } satisfies Question)
    })
  }

  private start(): Worker {
    const worker = new Worker(this.entry, { workerData: { workspace: this.workspace } satisfies AnswerOrder })
    worker.on('message', (reply: Reply) => this.take(reply))
    worker.once('error', (error) => this.fail(worker, error))
    worker.once('exit', (code) =>
      this.fail(worker, new Error(`the thread of the answers ended with code ${code}`)),
    )
    return worker
  }

  private take(reply: Reply): void {
    const asked = this.asked.get(reply.seq)
    this.asked.delete(reply.seq)
    if ('gzip' in reply) asked?.resolve({ gzip: Buffer.from(reply.gzip.buffer).toString('base64') })
    else asked?.reject(errorOf(reply))
    if (this.asked.size > 0) return
    this.idle = setTimeout(() => void this.letGo(), this.idleMs)
    this.idle.unref()
  }

  private fail(worker: Worker, error: Error): void {
    if (this.worker !== worker) return
    this.worker = null
    for (const { reject } of this.asked.values()) reject(error)
    this.asked.clear()
  }

  private async letGo(): Promise<void> {
    clearTimeout(this.idle)
    await this.worker?.terminate()
  }
}

function errorOf({ message, problems }: Extract<Reply, { message: string }>): Error {
  const [first, ...more] = problems.map((problem) => new InputError(problem.message, problem.place))
  if (first === undefined) return new Error(message)
  return more.length === 0 ? first : new InputErrors([first, ...more])
}
