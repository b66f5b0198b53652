import { allowTensorFloat32, loadEngine } from '../engine'
import { InputError } from '../errors'
import { installation } from '../installation'
import { buildNetwork } from '../models/build'
import { openModel } from '../models/model'
import type { TaskSource } from '../study/study'
import { openSafetensors } from '../tensor-files/safetensors'
import { openTask } from '../tasks'
import { chooseStepper } from './choose-stepper'
import { describeEnvironment } from './environment'
import { runJob, type Materials } from './job'
import { JobControl } from './job-control'
import { openLine } from './line'
import type { ToWorker, TrainingJob } from './messages'
import { sizesAreAlike } from './sizes-alike'

/** A worker that says nothing for long is taken for hung. */
const ALIVE_EVERY_MS = 2_000

const line = openLine()
let job: JobControl | null = null
let closing = false

const engine = await loadEngine()
line.listen(answer)
line.send({ type: 'ready', environment: describeEnvironment(engine) })
if (engine.warning !== null) line.send({ type: 'log', level: 'warning', run: null, message: engine.warning })

function answer(message: ToWorker): void {
  switch (message.type) {
    case 'train':
      return void train(message.seq, message.job)
    case 'pause':
      return job?.pause()
    case 'cancel':
      return job?.cancel(message.run)
    case 'stored':
      return job?.acknowledge(message.run, message.step)
    case 'refill':
      return job?.answer(message.run)
    case 'close':
      closing = true
      if (job === null) return line.close()
      job.pause()
  }
}

/** Does a job and says how it went; whatever happens, the other side gets an answer. */
async function train(seq: number, work: TrainingJob): Promise<void> {
  if (job !== null) {
    return line.send({ type: 'failed', seq, message: 'this worker is already on a job', stack: null })
  }
  job = new JobControl((message) => line.send(message))
  const alive = setInterval(() => line.send({ type: 'alive' }), ALIVE_EVERY_MS)
  try {
    // All runs of a job are of one precision, and jobs of one process follow each other.
    allowTensorFloat32(work.runs[0]?.config.precision === 'tf32')
    await runJob(work, materials, job)
    line.send({ type: 'done', seq })
  } catch (error) {
    const { message, stack = null } = error instanceof Error ? error : new Error(String(error))
    line.send({ type: 'failed', seq, message, stack: error instanceof InputError ? null : stack })
  } finally {
    clearInterval(alive)
    job = null
    if (closing) line.close()
  }
}

/** Keeps what was opened last: the jobs of a sweep share task and model. Other hashes mean other files. */
function lastOpened<Source, Opened>(
  open: (source: Source) => Promise<Opened>,
): (source: Source, identity: unknown) => Promise<Opened> {
  let last: { readonly key: string; readonly opened: Promise<Opened> } | null = null
  return (source, identity) => {
    const key = JSON.stringify([source, identity])
    if (last?.key !== key) {
      const opened = open(source)
      last = { key, opened }
      // A failure is not kept: the next job may find the file mended.
      opened.catch(() => (last = null))
    }
    return last.opened
  }
}
const taskOf = lastOpened((source: TaskSource) => openTask(source, installation.unpacked))
const modelOf = lastOpened(openModel)
const materials: Materials = {
  task: ({ task: source }, { task }) => taskOf(source, task),
  network: async (
    { model: source, startFrom },
    { model, setting, precision },
    { input, output, readTokens },
  ) =>
    buildNetwork(
      await modelOf(source, model),
      { input, output, readTokens },
      setting,
      startFrom === null ? null : await openSafetensors(startFrom),
      precision,
    ),
  stepper: chooseStepper,
  sizesAreAlike,
}
