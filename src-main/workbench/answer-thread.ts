import { Worker } from 'node:worker_threads'
import { InputError, InputErrors } from '../errors'
import type { InputPlace } from '../errors'
import type { EventStream } from '../queue/event-stream'
import type { ReadableStore, StudyRecord } from '../store/store'
import { areManyRuns, isLargeStudy } from './conclusions'

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

/** So many are kept. */
const MOST_KEPT = 500

interface Asked {
  readonly question: Question
  readonly resolve: (answer: PackedAnswer) => void
  readonly reject: (error: Error) => void
}

interface Kept {
  readonly version: string
  readonly answer: Promise<PackedAnswer>
}

/** What a question is about, and whether somebody still waits for its answer. */
export interface Asking {
  /** The study that alone decides the answer: a small one is kept while it says what it said. */
  readonly study?: string
  /** Aborted: nobody waits any more, and what the thread has not begun is not begun. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Answers calls of the API in a thread that reads the workspace by itself: what a study of 100,000 runs says takes
 * seconds to conclude and as long to write down, and the workbench goes on meanwhile. The thread takes one question after
 * the other and keeps what it concluded for the next; small answers are kept here while the study says what it said.
 */
export class AnswerThread {
  private worker: Worker | null = null
  /** In the order asked; the thread has the first. */
  private asked: Asked[] = []
  /** Small answers, and those under way, by question; the one that was asked for last comes last. */
  private readonly kept = new Map<string, Kept>()
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
      if (type === 'library-changed' && this.asked.length === 0) void this.letGo()
    })
  }

  /** Whether a study has so many runs that it is asked about here. */
  isFor(study: StudyRecord | null): boolean {
    return study !== null && isLargeStudy(study)
  }

  /** Whether so many runs are planned here for an answer about them. */
  isForRuns(runs: number): boolean {
    return areManyRuns(runs)
  }

  /** @throws {InputError} what the call itself would have thrown */
  ask(type: Question['type'], path: string, input: unknown, about: Asking = {}): Promise<PackedAnswer> {
    if (this.isStopped) return Promise.reject(new Error('the workbench is closed'))
    if (type === 'mutation' || about.study === undefined) return this.send(type, path, input, about.signal)
    const version = this.store.version(about.study)
    const key = JSON.stringify([path, input])
    const known = this.kept.get(key)
    const answer = known?.version === version ? known.answer : this.send(type, path, input)
    this.kept.delete(key)
    this.kept.set(key, { version, answer })
    const forget = (): void => {
      if (this.kept.get(key)?.answer === answer) this.kept.delete(key)
    }
    answer.then(({ gzip }) => gzip.length > KEPT_LETTERS && forget(), forget)
    for (const oldest of [...this.kept.keys()].slice(0, -MOST_KEPT)) this.kept.delete(oldest)
    return answer
  }

  /** What was asked and is not answered is refused. */
  async stop(): Promise<void> {
    this.isStopped = true
    await this.letGo()
  }

  private send(
    type: Question['type'],
    path: string,
    input: unknown,
    signal?: AbortSignal,
  ): Promise<PackedAnswer> {
    clearTimeout(this.idle)
    return new Promise((resolve, reject) => {
      const asked = { question: { seq: ++this.seq, type, path, input }, resolve, reject }
      const leave = (): void => {
        const isBegun = this.asked[0] === asked
        if (!isBegun) this.asked = this.asked.filter((each) => each !== asked)
        reject(new Error('nobody waits for the answer'))
      }
      if (signal?.aborted === true) return leave()
      signal?.addEventListener('abort', leave, { once: true })
      this.asked.push(asked)
      if (this.asked.length === 1) this.next()
    })
  }

  private next(): void {
    const [first] = this.asked
    if (first !== undefined) return (this.worker ??= this.start()).postMessage(first.question)
    this.idle = setTimeout(() => void this.letGo(), this.idleMs)
    this.idle.unref()
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
    const [asked] = this.asked
    if (asked?.question.seq !== reply.seq) return
    this.asked.shift()
    if ('gzip' in reply) asked.resolve({ gzip: Buffer.from(reply.gzip.buffer).toString('base64') })
    else asked.reject(errorOf(reply))
    this.next()
  }

  private fail(worker: Worker, error: Error): void {
    if (this.worker !== worker) return
    this.worker = null
    for (const { reject } of this.asked.splice(0)) reject(error)
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
