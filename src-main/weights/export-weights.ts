import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { InputError } from '../errors'
import type { InputPlace } from '../errors'
import type { ExportOrder, ExportProgress } from './model-folder'

export type { ExportProgress }

/** What the program that writes says. */
export type ExportMessage =
  | { readonly type: 'progress'; readonly progress: ExportProgress }
  | { readonly type: 'done' }
  | {
      readonly type: 'failed'
      readonly stack: string
      /** Not null: it is an input that is wrong. */
      readonly problem: { readonly message: string; readonly place: InputPlace } | null
    }

/**
 * Writes the weights of a run into a folder, whole or not at all, and tells how far it is. Whoever stops listening ends it.
 * @param entry the built program that writes
 * @throws {InputError} where there is something in the folder, or what is needed is missing or changed
 */
export async function* exportWeights(
  order: Omit<ExportOrder, 'folder'> & { readonly out: string },
  entry: string,
): AsyncGenerator<ExportProgress> {
  const { out, ...rest } = order
  const target = resolve(out)
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new InputError('is not empty, expected a new folder', { file: target })
  await mkdir(dirname(target), { recursive: true })
  const folder = join(dirname(target), `.${basename(target)}.${process.pid}.unfinished`)
  await rm(folder, { recursive: true, force: true })
  const worker = new Worker(entry, { workerData: { ...rest, folder } satisfies ExportOrder })
  try {
    yield* progressOf(worker)
    await rename(folder, target)
  } finally {
    await worker.terminate()
    await rm(folder, { recursive: true, force: true })
  }
}

async function* progressOf(worker: Worker): AsyncGenerator<ExportProgress> {
  const waiting: ExportMessage[] = []
  let wake: () => void = () => undefined
  worker.on('message', (message: ExportMessage) => {
    waiting.push(message)
    wake()
  })
  const gone = once(worker, 'exit').then(([code]) => {
    throw new Error(`the export ended with code ${code}`)
  })
  gone.catch(() => undefined)
  for (;;) {
    const message = waiting.shift()
    if (message === undefined) {
      await Promise.race([new Promise<void>((resolve) => (wake = resolve)), gone])
    } else if (message.type === 'progress') {
      yield message.progress
    } else if (message.type === 'done') {
      return
    } else {
      const { problem, stack } = message
      throw problem === null ? new Error(stack) : new InputError(problem.message, problem.place)
    }
  }
}
