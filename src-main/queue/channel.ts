import { fork } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import type { ExecutionOptions } from '../run'
import type { ToWorker } from '../training/messages'

/** A line to one worker, whatever it is made of. What arrives is not trusted to be a message. */
export interface Channel {
  /** Of a process of its own; absent for a thread, or where none was started. */
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

/** Lines of a worker's own output kept to explain its death: a native abort says why only there. */
const TAIL_LINES = 12

/** Workers that run the built file `entry`, as threads of this process or as processes of their own. */
export function channelsTo(entry: string): OpenChannel {
  return (isolation, listener, threads) =>
    // TensorFlow has one pool of threads in a process, so that a number of its own needs a process of its own.
    isolation === 'thread' && threads === null
      ? openThread(entry, listener)
      : openProcess(entry, listener, threads)
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

function openProcess(entry: string, listener: ChannelListener, threads: number | null): Channel {
  const pools =
    threads === null ? {} : { TF_NUM_INTRAOP_THREADS: `${threads}`, TF_NUM_INTEROP_THREADS: `${threads}` }
  const child = fork(entry, [], {
    serialization: 'advanced',
    silent: true,
    env: { ...process.env, ...pools },
  })
  const tail = new Tail(child.stdout, child.stderr)
  const exited = new Promise<void>((resolve) => {
    const leave = (reason: string): void => {
      resolve()
      listener.gone(reason)
    }
    child.once('error', (error) => leave(error.message))
    // 'close' comes after the last of its output, which is what explains a native abort.
    child.once('close', (code, signal) => {
      leave(
        tail.explain(
          signal === null ? `the worker exited with code ${code}` : `the worker died of ${signal}`,
        ),
      )
    })
  })
  child.on('message', (message) => listener.message(message))
  return {
    pid: child.pid,
    // A worker that has just died is reported by 'close'; a message to it is lost either way.
    send: (message) => void (child.connected && child.send(message, () => {})),
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
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
