import { callTRPCProcedure } from '@trpc/server'
import { parentPort, workerData } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'
import { openWorkbench } from './workbench'
import type { AnswerOrder, Question, Reply } from './workbench/answer-thread'
import { problemsOf } from './api/procedure'
import { appRouter } from './api/router'

// A program of its own thread: it reads the workspace of which another thread is the owner, and answers as that would.
const { workspace } = workerData as AnswerOrder
const opening = openWorkbench({ workspace, access: 'reader', what: 'answers' })

async function answer({ seq, type, path, input }: Question): Promise<Reply> {
  try {
    const data: unknown = await callTRPCProcedure({
      router: appRouter,
      path,
      type,
      ctx: { workbench: await opening },
      getRawInput: () => Promise.resolve(input),
      signal: undefined,
      batchIndex: 0,
    })
    return { seq, gzip: Uint8Array.from(gzipSync(JSON.stringify(data), { level: 1 })) }
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    return {
      seq,
      message: error instanceof Error ? error.message : String(error),
      problems: problemsOf(cause),
    }
  }
}

parentPort?.on('message', (question: Question) => {
  void answer(question).then((reply) =>
    parentPort?.postMessage(reply, 'gzip' in reply ? [reply.gzip.buffer as ArrayBuffer] : []),
  )
})
