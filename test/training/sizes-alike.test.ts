import { beforeAll, expect, it } from 'vitest'
import { loadEngine } from '../../src-main/engine'
import { buildNetwork, type NetworkTask } from '../../src-main/models/build'
import { openModel } from '../../src-main/models/model'
import { PARTS, type TrainingOptions } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { examplesPerPass } from '../../src-main/training/evaluate'
import { FusedGroup, type StepScores } from '../../src-main/training/group'
import { objectiveOf } from '../../src-main/training/objective'
import { FROZEN, setting } from '../models/small-networks'

beforeAll(() => loadEngine('tensorflow'))

/** Examples of an evaluation: no multiple of any pass. */
const EVALUATED = 300

const VECTORS = { kind: 'vectors', tokens: 7, width: 5 } as const
const task: NetworkTask = {
  input: VECTORS,
  output: { kind: 'classes', count: 3 },
  readTokens: 1,
}

it.each([
  [8, 'little', FROZEN],
  [16, 'all', PARTS],
  [8, 'the readout, on features,', ['output']],
] as const)(
  'with %i examples a run has the same bits in groups of every size, where %s trains',
  async (batch, what, parts) => {
    const model = await openModel({
      source: 'random',
      type: 'gpt2',
      shape: { layers: 1, width: 24, heads: 3, positions: 7 },
    })
    const whole = buildNetwork(model, task, setting('random', ...parts))
    const features = what.includes('features') ? whole.readoutOnly : null
    const network = features?.readout ?? whole
    const { tokens, width } = features ?? VECTORS
    const input = { kind: 'vectors', tokens, width } as const
    const problem = { input, network, objective: objectiveOf(task.output) }
    const training: TrainingOptions = { ...DEFAULTS.training, batch_size: batch, grad_clip: 0.5 }
    const numbers = (run: number, step: number, length: number): number[] =>
      Array.from({ length }, (_, i) => 2 * Math.sin((run * 100 + step) * 12.9898 + i * 78.233))

    const train = async (size: number, place: number): Promise<unknown> => {
      const runs = Array.from({ length: size }, (_, i) => i)
      const members = runs.map((run) => ({ seed: 3, learningRate: 1e-3 * (1 + run), from: null }))
      const sizes = {
        trainExamples: batch,
        scoreExamples: examplesPerPass(problem, [{ size: EVALUATED, times: 1 }]),
      }
      const group = await FusedGroup.create(
        problem,
        members,
        sizes,
        (shapes) => new CompiledStepper(problem, training, shapes, { xla: false }),
      )
      const scores: (StepScores | undefined)[] = []
      for (let step = 1; step <= 3; step++) {
        const x = Float32Array.from(runs.flatMap((run) => numbers(run, step, batch * tokens * width)))
        const y = Int32Array.from(
          runs.flatMap((run) =>
            numbers(run, step, batch).map((value) => (value > 1 ? 2 : value > 0 ? 1 : 0)),
          ),
        )
        const examples = { size: size * batch, x, y, lengths: null }
        scores.push(
          group.step(
            examples,
            runs.map(() => step),
            runs.map(() => true),
          )[place],
        )
      }
      const { weights } = group.read(place)
      const evaluated = await group.evaluate(
        place,
        {
          size: EVALUATED,
          batch: (indices) => ({
            size: indices.length,
            x: Float32Array.from(Array.from(indices).flatMap((index) => numbers(9, index, tokens * width))),
            y: Int32Array.from(indices, (index) => index % 3),
            lengths: null,
          }),
        },
        () => false,
      )
      group.dispose()
      return { scores, weights, evaluated }
    }
    for (const place of [0, 1]) {
      const asked = await train(4, place)
      for (let size = place + 1; size < 4; size++) expect(await train(size, place)).toEqual(asked)
    }
  },
  120_000,
)

/** The sizes of a split that is evaluated once, and of one that is evaluated five times. */
const pass = (tokens: number, once: number, often = 0): number =>
  examplesPerPass({ input: { kind: 'vectors', tokens, width: 1 } }, [
    { size: once, times: 1 },
    { size: often, times: 5 },
  ])

it('a pass of an evaluation holds whole rows, unless sequences are too long for that', () => {
  expect([pass(16, 10_000), pass(64, 256), pass(196, 10_000), pass(64, 20)]).toEqual([128, 32, 8, 24])
  expect([pass(1024, 10_000), pass(4096, 10_000)]).toEqual([8, 1])
})

it('a pass is as large as leaves little over in the last ones', () => {
  // 200 of 208 and 400 of 416, not of 256 and 512; a split that is evaluated more often counts for more.
  expect([pass(16, 400, 200), pass(16, 200, 400)]).toEqual([104, 136])
  expect([pass(64, 400, 200), pass(16, 2000, 500)]).toEqual([40, 128])
})
