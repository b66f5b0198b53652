import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { MetricName } from '../../src-main/run'
import { parseFilter } from '../../src-main/filter/parse'
import { openStore, type Store } from '../../src-main/store/store'
import type { MetricChunk } from '../../src-main/training/messages'
import { outcome, plan, START } from '../store/plans'

/**
 * How the store keeps up: `npm run bench:store [-- POINTS RUNS]`, by default 10⁷ points and 100,000 runs, in the system's
 * temporary folder (TMPDIR). Logging is measured as training does it: a fused group of 32 runs, 4 metrics a step, a message
 * of 50 steps a run, each message one durable transaction.
 */
const POINTS = Number(process.argv[2] ?? 1e7)
const RUNS = Number(process.argv[3] ?? 100_000)
const GROUP = 32
const STEPS_A_MESSAGE = 50
const METRICS: readonly MetricName[] = ['train/loss', 'train/grad_norm', 'train/accuracy', 'time/step_ms']

const folder = mkdtempSync(join(tmpdir(), 'fairsweep-bench-'))
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`
const size = (): number =>
  readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)

function timed<T>(what: string, work: () => T, note: (ms: number, result: T) => string = () => ''): T {
  const start = performance.now()
  const result = work()
  const ms = performance.now() - start
  console.log(`${what.padEnd(52)} ${ms.toFixed(1).padStart(10)} ms  ${note(ms, result)}`)
  return result
}

/** What a worker sends: float32 losses and norms, accuracies in eighths, milliseconds a step to the microsecond. */
function message(first: number, noise: Float64Array): MetricChunk[] {
  const steps = Uint32Array.from({ length: STEPS_A_MESSAGE }, (_, i) => first + i)
  const at = (i: number): number => noise[(first * 31 + i * 7) % noise.length]!
  const times = Float64Array.from(steps, (step, i) => 1.78e12 + step * 11 + Math.round(2 * at(i)))
  const values: readonly ((i: number, step: number) => number)[] = [
    (i, step) => Math.fround(2.3 / (1 + step / 1000) + 0.2 * at(i)),
    (i) => Math.fround(1 + at(i + 1)),
    (i) => Math.round(8 * at(i + 2)) / 8,
    (i) => Math.round(1e3 * (11 + at(i + 3))) / 1e3,
  ]
  return METRICS.map((metric, which) => ({
    metric,
    steps,
    values: Float64Array.from(steps, (step, i) => values[which]!(i, step)),
    times,
  }))
}

function logPoints(store: Store): void {
  store.saveStudy(
    plan({ name: 'logging', learning_rates: [1e-3], seeds: Array.from({ length: GROUP }, (_, i) => i) }),
  )
  const ids = store.runs({ study: 'logging' }).map(({ id }) => id)
  ids.forEach((id) => store.begin(id, START))
  const noise = Float64Array.from({ length: 65_537 }, Math.random)
  const stepsARun = POINTS / GROUP / METRICS.length
  let slowest = 0
  timed(
    `log ${POINTS.toExponential(0)} points, ${GROUP} runs, ${STEPS_A_MESSAGE} steps a message`,
    () => {
      for (let first = 1; first <= stepsARun; first += STEPS_A_MESSAGE) {
        const chunks = message(first, noise)
        for (const id of ids) {
          const start = performance.now()
          store.append(id, chunks)
          slowest = Math.max(slowest, performance.now() - start)
        }
      }
    },
    (ms) => `${((POINTS / ms) * 1000).toFixed(0)} points/s, slowest message ${slowest.toFixed(0)} ms`,
  )
  console.log(`size: ${megabytes(size())}, ${(size() / POINTS).toFixed(2)} bytes a point, journal included`)
  const [id] = ids
  timed(
    'read one series whole',
    () => store.series(id!, 'train/loss'),
    (_, { steps }) => `${steps.length} points`,
  )
  timed(
    'read one series, 1,000 points for a chart',
    () => store.series(id!, 'train/loss', 1000),
    (_, { steps }) => `${steps.length} points`,
  )
  timed('resume all runs from half way', () => {
    for (const one of ids) store.begin(one, { ...START, fromStep: Math.floor(stepsARun / 2) })
  })
  timed('check every point against its checksum', () => store.findDamage())
}

function listRuns(store: Store): void {
  const seeds = Array.from({ length: RUNS / 100 }, (_, i) => i)
  const learning_rates = Array.from({ length: 100 }, (_, i) => Number((1e-6 * 1.1 ** i).toPrecision(3)))
  const wide = plan({ name: 'wide', learning_rates, seeds })
  timed(`save a study of ${RUNS} runs`, () => store.saveStudy(wide))
  timed('save it again, unchanged', () => store.saveStudy(wide))
  const runs = store.runs({ study: 'wide', order: 'plan' })
  timed('begin and end every one of them, in one transaction', () =>
    store.together(() => {
      for (const { id } of runs) {
        store.begin(id, START)
        store.end(
          id,
          outcome({ 'val/loss': 0.3, 'val/accuracy': 0.9, 'test/loss': 0.3, 'test/accuracy': 0.9 }),
        )
      }
    }),
  )
  const all = (): number => store.runs({ study: 'wide' }).length
  timed('list all runs of the study', all, (_, count) => `${count} runs`)
  timed('list all runs of the study, again', all, (_, count) => `${count} runs`)
  timed(
    'list all runs of the history',
    () => store.runs().length,
    (_, count) => `${count} runs`,
  )
  timed('first page of 100', () => store.runs({ limit: 100 }))
  timed('page of 100 in the middle', () => store.runs({ limit: 100, after: runs[RUNS / 2]!.id }))
  timed('page of 100 of the study, in the middle of its plan', () =>
    store.runs({ study: 'wide', order: 'plan', limit: 100, after: runs[RUNS / 2]!.id }),
  )
  timed('page of 100 failed runs, of which there is none', () =>
    store.runs({ states: ['failed'], limit: 100 }),
  )
  timed('count finished runs', () => store.countRuns({ study: 'wide', states: ['finished'] }))
  const filters = [
    'lr < 1e-4 and state = complete and setting ~ frozen',
    'val/accuracy > 0.95 or not seed < 500',
    'frozen and test/accuracy >= 0.9',
    'tag = keep and note ~ warm',
  ]
  const sort = [{ field: 'val/accuracy', descending: true }]
  for (const study of [undefined, 'wide']) {
    const where = study === undefined ? 'history' : 'study'
    for (const source of filters) {
      const filter = parseFilter(source)
      timed(`${where}: count ${source}`.slice(0, 52), () => store.countRuns({ study, filter }))
    }
    timed(`${where}: best 100 by validation`, () => store.runs({ study, sort, limit: 100 }))
    timed(`${where}: the last 100 by validation`, () =>
      store.runs({ study, sort, limit: 100, offset: RUNS - 100 }),
    )
    timed(`${where}: page of 100 at the end`, () => store.runs({ study, limit: 100, offset: RUNS - 100 }))
  }
  timed('one value of every run, for groups', () =>
    store.runValues({}, ['setting', 'lr', 'state', 'val/accuracy']),
  )
  timed('all studies with their states', () => store.studies())
  console.log(`size: ${megabytes(size())}`)
}

try {
  const path = join(folder, 'fairsweep.sqlite')
  let store = openStore(path)
  logPoints(store)
  listRuns(store)
  timed('close', () => store.close())
  store = timed('open again', () => openStore(path))
  store.close()
  console.log(`peak memory: ${megabytes(process.resourceUsage().maxRSS * 1024)}`)
} finally {
  rmSync(folder, { recursive: true })
}
