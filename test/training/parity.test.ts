import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine } from '../../src-main/engine'
import { buildNetwork } from '../../src-main/models/build'
import type { TrainingOptions } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { FusedGroup } from '../../src-main/training/group'
import { objectiveOf } from '../../src-main/training/objective'
import type { Problem } from '../../src-main/training/problem'
import { EagerStepper, type GraphShapes, type Stepper } from '../../src-main/training/stepper'
import {
  batchesOf,
  isModelThere,
  openReference,
  PARITY_CASES,
  SETTINGS,
  withFirstValues,
} from '../parity/reference'

beforeAll(async () => {
  await loadEngine('tensorflow')
})

type MakeStepper = (problem: Problem, training: TrainingOptions, shapes: GraphShapes) => Stepper
const STEPPERS: Readonly<Record<'eager' | 'compiled', MakeStepper>> = {
  eager: (problem, training) => new EagerStepper(problem, training),
  compiled: (problem, training, shapes) => new CompiledStepper(problem, training, shapes, { xla: false }),
}
const CASES = PARITY_CASES.flatMap((name) =>
  (['eager', 'compiled'] as const).flatMap((stepper) =>
    (['frozen', 'unfrozen'] as const).map((setting) => ({ name, stepper, setting })),
  ),
)
/**
 * Six pretrained layers amplify rounding: in these 20 steps PyTorch's own losses in float32 and float64 part by up to 7e-4
 * (unfrozen), its norms by up to 1e-2; a frozen run at a high rate parts so far that it is no reference (`generate.py`).
 */
const toleranceOf = (name: string): { loss: number; norm: number } =>
  name === 'minilm-l6' ? { loss: 1e-3, norm: 2e-2 } : { loss: 1e-4, norm: 1e-3 }

for (const name of PARITY_CASES.filter((name) => !isModelThere(name)))
  process.stdout.write(`SKIPPED: ${name} is not in the cache; run "npm run setup"\n`)

describe.each(CASES.filter(({ name }) => isModelThere(name)))(
  '$name, $setting, $stepper',
  ({ name, setting, stepper }) => {
    it('trains for 20 steps as PyTorch does', async () => {
      const reference = await openReference(name)
      const network = withFirstValues(
        buildNetwork(reference.model, reference.task, SETTINGS[setting]),
        reference,
      )
      const { input, output } = reference.task
      const training: TrainingOptions = {
        ...DEFAULTS.training,
        batch_size: reference.examples,
        max_steps: 20,
        grad_clip: 1,
        dropout: 0,
        shuffle: false,
      }
      const learningRate = Number(reference.file.metadata.get(`${setting}.learning_rate`))
      const problem = { input, network, objective: objectiveOf(output) }
      const sizes = { trainExamples: reference.examples, scoreExamples: 1 }
      const members = [{ seed: 0, learningRate, from: null }]
      const group = await FusedGroup.create(problem, members, sizes, (shapes) =>
        STEPPERS[stepper](problem, training, shapes),
      )
      const batch = await batchesOf(reference)
      const losses = await reference.values(`${setting}.loss`)
      const norms = await reference.values(`${setting}.grad_norm`)
      const tolerance = toleranceOf(name)
      expect(losses).toHaveLength(20)
      for (let step = 1; step <= 20; step++) {
        const [scores] = group.step(batch(step), [step], [true])
        expect(relative(scores?.loss, losses[step - 1]), `loss of step ${step}`).toBeLessThan(tolerance.loss)
        expect(relative(scores?.gradNorm, norms[step - 1]), `gradient norm of step ${step}`).toBeLessThan(
          tolerance.norm,
        )
      }
      group.dispose()
    })
  },
)

const relative = (found = NaN, expected = NaN): number => Math.abs(found - expected) / Math.abs(expected)
