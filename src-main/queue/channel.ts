import { fork } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import type { ExecutionOptions } from '../run'
import type { ToWorker } from '../training/messages'

/** A line to one worker, whatever it is made of. What arrives is not trusted to be a message. */
export interface Channel {
  /** Of a process of its own; absent for a thread, or where none is running. */
  readonly pid?: number | undefined
  send(message: ToWorker): void
  /** Ends the worker at once; resolves when it is gone. */
  kill(): Promise<void>
}

export interface ChannelListener {
  message(message: unknown): void
  /** The worker is gone, asked or not. Comes once, and nothing after it. */
  gone(reason: string): void
}

/** @param threads how many the engine computes with; null: as many as there are cores */
export type OpenChannel = (
  isolation: ExecutionOptions['isolation'],
  listener: ChannelListener,
  threads: number | null,
) => Channel

/** A worker's process, however the program that runs this starts one. */
export interface WorkerProcess {
  readonly pid?: number | undefined
  readonly stdout: NodeJS.ReadableStream | null
  readonly stderr: NodeJS.ReadableStream | null
  /** A message to one that has just died is lost. */
  send(message: ToWorker): void
  /** At once, whatever it is doing. */
  kill(): void
}

export interface ProcessListener {
  message(message: unknown): void
  /** After the last of its output, which is what explains a native abort. */
  ended(reason: string): void
}

export type StartProcess = (entry: string, env: NodeJS.ProcessEnv, listener: ProcessListener) => WorkerProcess

/** Lines of a worker's own output kept to explain its death: a native abort says why only there. */
const TAIL_LINES = 12

/** Workers that run the built file `entry`, as threads of this process or as processes of their own. */
export function channelsTo(entry: string, start: StartProcess = forkNode): OpenChannel {
  return (isolation, listener, threads) =>
    // TensorFlow has one pool of threads in a process, so that a number of its own needs a process of its own.
    isolation === 'thread' && threads === null
      ? openThread(entry, listener)
      : openProcess(start, entry, listener, threads)
}

function openThread(entry: string, listener: ChannelListener): Channel {
  const worker = new Worker(entry, { stdout: true, stderr: true })
  const tail = new Tail(worker.stdout, worker.stderr)
  let failure: Error | null = null
  worker.on('message', (message) => listener.message(message))
  worker.on('messageerror', (error) => (failure = error))
  worker.on('error', (error) => (failure = error))
  worker.on('exit', (code) =>
    listener.gone(failure?.message ?? tail.explain(`the worker exited with code ${code}`)),
  )
  return {
    send: (message) => worker.postMessage(message),
    kill: async () => void (await worker.terminate()),
  }
}

function openProcess(
  start: StartProcess,
  entry: string,
  listener: ChannelListener,
  threads: number | null,
): Channel {
  const pools =
    threads === null ? {} : { TF_NUM_INTRAOP_THREADS: `${threads}`, TF_NUM_INTEROP_THREADS: `${threads}` }
  let tail: Tail | null = null
  let leave = (): void => {}
  const gone = new Promise<void>((resolve) => (leave = resolve))
  const child = start(
    entry,
    { ...process.env, ...pools },
    {
      message: (message) => listener.message(message),
      ended(reason) {
        leave()
        listener.gone(tail?.explain(reason) ?? reason)
      },
    },
  )
  tail = new Tail(child.stdout, child.stderr)
  return {
    get pid() {
      return child.pid
    },
    send: (message) => child.send(message),
    kill: async () => {
      child.kill()
      await gone
    },
  }
}

/** A process of plain Node's own. */
const forkNode: StartProcess = (entry, env, listener) => {
  const child = fork(entry, [], { serialization: 'advanced', silent: true, env })
  child.once('error', (error) => listener.ended(error.message))
  child.once('close', (code, signal) =>
    listener.ended(signal === null ? `the worker exited with code ${code}` : `the worker died of ${signal}`),
  )
  child.on('message', (message) => listener.message(message))
  return {
    pid: child.pid,
    stdout: child.stdout,
    stderr: child.stderr,
    send: (message) => void (child.connected && child.send(message, () => {})),
    kill: () => void child.kill('SIGKILL'),
  }
}

/** The last lines that a worker printed. */
class Tail {
  private lines: string[] = []

  constructor(...streams: (NodeJS.ReadableStream | null)[]) {
    for (const stream of streams) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.lines = [...this.lines, ...text.split('\n').filter((line) => line.trim() !== '')].slice(
          -TAIL_LINES,
        )
      })
    }
  }

  explain(reason: string): string {
    return [reason, ...this.lines].join('\n')
  }
}
