import { performance } from 'node:perf_hooks'
import { join } from 'node:path'
import { tf } from '../../../src-main/engine'
import { installation } from '../../../src-main/installation'
import { buildNetwork } from '../../../src-main/models/build'
import { openModel, type Model } from '../../../src-main/models/model'
import { PARTS, type ExecutionOptions, type Setting, type TrainingOptions } from '../../../src-main/run'
import { DEFAULTS } from '../../../src-main/study/defaults'
import { CompiledStepper } from '../../../src-main/training/compiled-stepper'
import { FusedGroup } from '../../../src-main/training/group'
import { objectiveOf } from '../../../src-main/training/objective'
import { EagerStepper } from '../../../src-main/training/stepper'
import { peakOf } from './fairsweep-side'
import { BATCH, isRecurrent, type RandomTrunk, type RecurrentTrunk } from './rows'
import { median } from './table'

/** One place on a curve: a group that trains on made-up numbers of the shape that counts. */
export interface Point {
  readonly model: 'minilm-l6' | RandomTrunk | RecurrentTrunk
  readonly tokens: number
  readonly frozen: boolean
  readonly runs: number
  readonly path: 'eager' | 'plain' | 'xla'
  readonly dropout: number
  readonly precision: ExecutionOptions['precision']
  /** Tokens of one evaluation pass. */
  readonly passTokens: number
  /** Of the engine; null: as many as there are cores. */
  readonly threads: number | null
}

export interface Measured {
  /** A step, shared out over the runs. */
  readonly stepMs: number
  /** Processor time of the same, all threads together: what a busy machine disturbs least. */
  readonly stepCpuMs: number
  /** Forward alone, an example of one run. */
  readonly scoreMs: number
  /** From nothing to the end of the first step: first values, tracing, loading, compiling. */
  readonly startSeconds: number
  readonly peakMiB: number
}

const SMALL: RandomTrunk = { layers: 4, width: 128, heads: 4 }
const START: Point = {
  model: SMALL,
  tokens: 49,
  frozen: true,
  runs: 4,
  path: 'plain',
  dropout: 0.1,
  precision: 'float32',
  passTokens: 2048,
  threads: null,
}
const minilm = { ...START, model: 'minilm-l6' } as const
/** FPT's size. */
const recurrent = (kind: RecurrentTrunk['kind']): Point => ({
  ...START,
  model: { kind, layers: 3, width: 768 },
})

/** Curves by their title; each changes something of a starting point. */
const CURVES: Readonly<Record<string, readonly Point[]>> = {
  'Runs in a group, frozen, small trunk': [1, 2, 4, 8, 16].map((runs) => ({ ...START, runs })),
  'The same with XLA, small trunk': [4].map((runs) => ({ ...START, runs, path: 'xla' as const })),
  'The same, operation by operation': [{ ...START, runs: 1, path: 'eager' }],
  'Runs in a group, unfrozen, small trunk': [1, 4].map((runs) => ({ ...START, frozen: false, runs })),
  'Runs in a group, frozen, MiniLM': [1, 2, 4, 8].map((runs) => ({ ...minilm, runs })),
  'The same with XLA, MiniLM': [4].map((runs) => ({ ...minilm, runs, path: 'xla' as const })),
  'Runs in a group, unfrozen, MiniLM': [1, 2, 4].map((runs) => ({ ...minilm, frozen: false, runs })),
  Layers: [2, 4, 8, 16].map((layers) => ({ ...START, model: { ...SMALL, layers } })),
  Width: [64, 128, 256, 512].map((width) => ({ ...START, model: { layers: 4, width, heads: width / 32 } })),
  Tokens: [16, 49, 98, 196].map((tokens) => ({ ...START, tokens })),
  'Without dropout': [
    { ...START, dropout: 0 },
    { ...minilm, dropout: 0 },
  ],
  'Frozen matrices in bfloat16': [
    { ...START, precision: 'bf16' },
    { ...minilm, precision: 'bf16' },
  ],
  'One thread: what a worker of several side by side has': [
    { ...START, threads: 1 },
    { ...START, frozen: false, runs: 1, threads: 1 },
    { ...minilm, threads: 1 },
    { ...minilm, frozen: false, runs: 1, threads: 1 },
  ],
  "LSTMs of FPT's size": (['lstm', 'fpt_lnlstm'] as const).flatMap((kind) => [
    { ...recurrent(kind), runs: 1 },
    recurrent(kind),
    { ...recurrent(kind), frozen: false, runs: 1 },
  ]),
  'Tokens of an evaluation pass': [512, 2048, 8192].map((passTokens) => ({ ...minilm, passTokens })),
}

const HEAD =
  '| curve | trunk | tokens | trains | runs | threads | path | precision | dropout | pass, tokens | step and run, ms | its processor time, ms | evaluation, ms an example | start, s | peak, MiB |'

export interface Curve {
  readonly title: string
  readonly points: readonly { readonly point: Point; readonly measured: Measured }[]
}

export const measureCurves = (measure: (point: Point) => Measured): Curve[] =>
  Object.entries(CURVES).map(([title, points]) => ({
    title,
    points: points.map((point) => ({ point, measured: measure(point) })),
  }))

/** All curves as one table in Markdown. */
export function curveTable(curves: readonly Curve[]): string {
  const lines = curves.flatMap(({ title, points }) =>
    points.map(({ point, measured }) => {
      const { model, tokens, frozen, runs, path, dropout, precision, passTokens, threads } = point
      const size = typeof model === 'string' ? model : `${model.layers} × ${model.width}`
      const trunk = isRecurrent(model) ? `${model.kind}, ${size}` : size
      const { stepMs, stepCpuMs, scoreMs, startSeconds, peakMiB } = measured
      const numbers = [
        stepMs.toFixed(2),
        stepCpuMs.toFixed(2),
        scoreMs.toFixed(3),
        startSeconds.toFixed(1),
        peakMiB.toFixed(0),
      ]
      const place = [
        title,
        trunk,
        tokens,
        frozen ? 'little' : 'all',
        runs,
        threads ?? 'all',
        path,
        precision,
        dropout,
        passTokens,
      ]
      return `| ${[...place, ...numbers].join(' | ')} |`
    }),
  )
  return [HEAD, HEAD.replace(/ [^|]+ /g, ' --- '), ...lines].join('\n')
}

/** Measures a point in this process. */
export async function measurePoint(point: Point): Promise<Measured> {
  const { tokens, frozen, runs, path, dropout, precision, passTokens } = point
  const started = performance.now()
  const input = { kind: 'vectors', tokens, width: 16 } as const
  const output = { kind: 'classes', count: 10 } as const
  const setting: Setting = {
    name: 'point',
    init: point.model === 'minilm-l6' ? 'pretrained' : 'random',
    train: frozen ? ['input', 'output', 'layer_norm', 'positions'] : PARTS,
  }
  const training: TrainingOptions = {
    ...DEFAULTS.training,
    batch_size: BATCH,
    max_steps: 1,
    grad_clip: 1,
    dropout,
    shuffle: true,
  }
  const network = buildNetwork(
    await trunkOf(point),
    { input, output, readTokens: 1 },
    setting,
    null,
    precision,
  )
  const problem = { input, network, objective: objectiveOf(output) }
  const scoreExamples = Math.max(1, Math.floor(passTokens / tokens))
  const members = Array.from({ length: runs }, () => ({ seed: 1, learningRate: 1e-4, from: null }))
  let stepper: EagerStepper | CompiledStepper | undefined
  const group = await FusedGroup.create(
    problem,
    members,
    { trainExamples: BATCH, scoreExamples },
    (shapes) => {
      stepper =
        path === 'eager'
          ? new EagerStepper(problem, training)
          : new CompiledStepper(problem, training, shapes, { xla: path === 'xla' })
      return stepper
    },
  )
  const examples = runs * BATCH
  const batch = {
    size: examples,
    x: Float32Array.from({ length: examples * tokens * 16 }, (_, i) => Math.sin(i * i)),
    lengths: null,
    y: Int32Array.from({ length: examples }, (_, i) => i % 10),
  }
  let step = 0
  const train = (): void => {
    step++
    group.step(
      batch,
      members.map(() => step),
      members.map(() => true),
    )
  }
  const x = tf.tensor(batch.x.slice(0, tokens * 16), [1, 1, tokens, 16])
  const all = tf.tile(x, [1, scoreExamples, 1, 1])
  const y = tf.zeros([1, scoreExamples, 1], 'int32')
  const score = (): void => {
    const scores = stepper?.score(0, { x: all, lengths: null, y })
    scores?.dataSync()
    scores?.dispose()
  }
  train()
  const startSeconds = (performance.now() - started) / 1000
  const before = step
  const cpuBefore = process.cpuUsage()
  const stepMs = medianTime(train) / runs
  const { user, system } = process.cpuUsage(cpuBefore)
  const stepCpuMs = (user + system) / 1000 / (step - before) / runs
  const scoreMs = medianTime(score) / scoreExamples
  return { stepMs, stepCpuMs, scoreMs, startSeconds, peakMiB: peakOf() }
}

function trunkOf({ model, tokens }: Point): Promise<Model> {
  if (model === 'minilm-l6') return openModel({ source: 'directory', path: join(installation.models, model) })
  if (isRecurrent(model)) {
    const { kind, ...shape } = model
    return openModel({ source: 'random', type: kind, shape })
  }
  return openModel({ source: 'random', type: 'gpt2', shape: { ...model, positions: tokens } })
}

/** Of a second and a half of calls, ten at least, two unmeasured first. */
function medianTime(call: () => void): number {
  call()
  call()
  const times: number[] = []
  const end = performance.now() + 1500
  while (performance.now() < end || times.length < 10) {
    const started = performance.now()
    call()
    times.push(performance.now() - started)
  }
  return median(times)
}
