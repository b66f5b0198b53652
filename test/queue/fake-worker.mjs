import { parentPort } from 'node:worker_threads'

/**
 * A worker that trains nothing and speaks the queue's messages, as a thread or as a process. What it does with a run is
 * told by the `behave` option of the run's task: "exit@3" leaves with code 3 when step 3 is reached, and so on.
 * Checkpoints are kept in files, as the real one does, so that a run goes on where it was.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @param {unknown} message */
const send = (message) => (parentPort ? parentPort.postMessage(message) : process.send?.(message))
let paused = false
/** @type {Set<string>} */
const cancelled = new Set()

/** @type {Map<string, number>} */
const stored = new Map()

/** Takes the answer to the place that was offered. @type {(run: import('../../src-main/training/messages').JobRun | null) => void} */
let answered = () => {}

/** @param {import('../../src-main/training/messages').ToWorker} message */
const listen = (message) => {
  if (message.type === 'train') void train(message.seq, message.job)
  if (message.type === 'pause') paused = true
  if (message.type === 'cancel') cancelled.add(message.run)
  if (message.type === 'stored') stored.set(message.run, message.step)
  if (message.type === 'refill') answered(message.run)
}
if (parentPort) parentPort.on('message', listen)
else process.on('message', listen)

const engine = process.env.FAKE_ENGINE ?? 'fake'
const threads = Number(process.env.TF_NUM_INTRAOP_THREADS ?? 2)
const environment = { engine, device: 'none', versions: {}, threads, group_size: 1, commit: null }
if (process.env.FAKE_WORKER_START === 'fail') throw new Error('the engine does not load')
if (process.env.FAKE_WORKER_START !== 'never') send({ type: 'ready', environment })

/** @type {Record<string, () => unknown>} */
const faults = {
  exit: () => process.exit(3),
  throw: () =>
    setTimeout(() => {
      throw new Error('boom')
    }),
  spin: () => {
    for (;;);
  },
  hang: () => new Promise(() => {}),
  abort: () => process.abort(),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  garbage: () => sendAndWait({ type: 'no-such-thing' }),
  stranger: () => sendAndWait({ type: 'points', run: 'stranger', chunks: [] }),
  early: () => send({ type: 'done', seq: 1 }),
}

/**
 * A worker that is being ended may go on for a while; this one must not, or it would leave checkpoints behind.
 * @param {object} message
 */
function sendAndWait(message) {
  send(message)
  return new Promise(() => {})
}

/**
 * Only after the points up to its step are stored, as the queue asks of a worker.
 * @param {string} run
 * @param {string} file
 * @param {number} step
 */
async function save(run, file, step) {
  while ((stored.get(run) ?? 0) < step) await new Promise((resolve) => setTimeout(resolve, 1))
  writeFileSync(file, String(step))
}

/**
 * @param {number} seq
 * @param {import('../../src-main/training/messages').TrainingJob} job
 */
async function train(seq, job) {
  paused = false
  const isBad = job.runs.some(({ config }) => job.task.options.behave === `fail-rate-${config.learning_rate}`)
  if (isBad) return send({ type: 'failed', seq, message: 'a rate that cannot be', stack: null })
  // As the system ends a worker that takes more memory than there is.
  if (job.task.options.behave === 'exit-in-groups' && job.runs.length > 1) process.exit(9)
  const sent = new Set()
  const runs = [...job.runs]
  for (let run = runs.shift(); run !== undefined; run = runs.shift()) {
    const folder = join(job.checkpoints, run.id)
    const file = join(folder, 'step')
    const [behave = '', at] = String(job.task.options.behave ?? '').split('@')
    const of = run.config.training.max_steps
    mkdirSync(folder, { recursive: true })
    let step = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
    send({
      type: 'begun',
      run: run.id,
      fromStep: step,
      evaluatedStep: step,
      parametersTrained: 10,
      parametersTotal: 100,
      stepFlops: 6000,
      parameters: [{ name: 'out.weight', shape: [2, 5], part: 'output', trained: true }],
    })
    const end = (/** @type {string} */ state) =>
      send({
        type: 'ended',
        run: run.id,
        outcome: { state, steps: step, bestStep: null, summary: {}, reason: null },
      })
    let state = 'finished'
    while (step < of) {
      step++
      const [steps, values, times] = [
        Uint32Array.of(step),
        Float64Array.of(1 / step),
        Float64Array.of(Date.now()),
      ]
      // As a real worker says it where a way of training is measured: with fewer threads it is quicker here.
      const isMeasured = run.id.startsWith('way-')
      const stepMs = Float64Array.of(process.env.TF_NUM_INTRAOP_THREADS === undefined ? 300 : 200)
      const chunk = isMeasured ? { metric: 'time/step_ms', values: stepMs } : { metric: 'train/loss', values }
      send({ type: 'points', run: run.id, chunks: [{ ...chunk, steps, times }] })
      // "once" faults happen only to a run that starts from 0, so a retry gets through.
      if (behave === 'fail') return send({ type: 'failed', seq, message: 'no such trunk', stack: null })
      if (behave === 'exit-once' && step === Number(at) && !existsSync(join(folder, 'died'))) {
        writeFileSync(join(folder, 'died'), '')
        process.exit(7)
      }
      if (behave === 'kill-refilled' && step === Number(at) && sent.has(run)) await faults['kill']?.()
      if (faults[behave] && step === Number(at)) await faults[behave]?.()
      if (step % 2 === 0) await save(run.id, file, step)
      await new Promise((resolve) => setTimeout(resolve, Number(job.task.options.step_ms ?? 0)))
      if (paused || cancelled.has(run.id)) {
        await save(run.id, file, step)
        state = paused ? 'paused' : 'cancelled'
        break
      }
    }
    end(state)
    if (behave === 'kill-refilled' && runs.length > 0) {
      send({ type: 'free', slot: run.slot, anySize: false })
      const next = await new Promise((resolve) => (answered = resolve))
      if (next !== null) runs.unshift(next)
      sent.add(next)
    }
  }
  send({ type: 'done', seq })
}
