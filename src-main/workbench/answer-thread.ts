import { Worker } from 'node:worker_threads'
import { InputError, InputErrors } from '../errors'
import type { InputPlace } from '../errors'
import type { EventStream } from '../queue/event-stream'
import type { StudyRecord } from '../store/store'
import { isLargeStudy } from './conclusions'

/** What the thread is started with. */
export interface AnswerOrder {
  readonly workspace: string
}

/** A call of the API for the thread to answer. */
export interface Question {
  readonly seq: number
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

interface Asked {
  readonly resolve: (answer: PackedAnswer) => void
  readonly reject: (error: Error) => void
}

/**
 * Answers calls of the API in a thread that reads the workspace by itself: what a study of 100,000 runs says takes
 * seconds to conclude and as long to write down, and the workbench goes on meanwhile. The thread keeps what it concluded
 * for the next question.
 */
export class AnswerThread {
  private worker: Worker | null = null
  private readonly asked = new Map<number, Asked>()
  private seq = 0
  private idle: NodeJS.Timeout | undefined
  private isStopped = false

  constructor(
    private readonly entry: string,
    private readonly workspace: string,
    events: Pick<EventStream, 'subscribe'>,
    private readonly idleMs = IDLE_MS,
  ) {
    events.subscribe(({ type }) => {
      // Other data, other scores of guessing: what was concluded is forgotten, what is being answered goes on.
      if (type === 'library-changed' && this.asked.size === 0) void this.letGo()
    })
  }

  /** Whether a study has so many runs that it is asked about here. */
  isFor(study: StudyRecord | null): boolean {
    return study !== null && isLargeStudy(study)
  }

  /** @throws {InputError} what the call itself would have thrown */
  ask(path: string, input: unknown): Promise<PackedAnswer> {
    if (this.isStopped) return Promise.reject(new Error('the workbench is closed'))
    clearTimeout(this.idle)
    const worker = (this.worker ??= this.start())
    const seq = ++this.seq
    return new Promise((resolve, reject) => {
      this.asked.set(seq, { resolve, reject })
      worker.postMessage({ seq, path, input } satisfies Question)
    })
  }

  /** What was asked and is not answered is refused. */
  async stop(): Promise<void> {
    this.isStopped = true
    await this.letGo()
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
