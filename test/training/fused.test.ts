import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadEngine } from '../../src-main/engine'
import { buildNetwork, type NetworkTask } from '../../src-main/models/build'
import { PARTS, type TrainingOptions } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import type { Batch } from '../../src-main/tasks/task'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { FusedGroup, type GroupMember, type StepScores } from '../../src-main/training/group'
import { objectiveOf } from '../../src-main/training/objective'
import type { Problem } from '../../src-main/training/problem'
import { EagerStepper, type GraphShapes, type Stepper } from '../../src-main/training/stepper'
import { FROZEN, KINDS, pretrained, setting } from '../models/small-networks'

/** Whoever trains beside a run, and whatever takes the steps: its numbers are its own. */

beforeAll(async () => {
  await loadEngine('tensorflow')
})

const EXAMPLES = 4
const task: NetworkTask = {
  input: { kind: 'vectors', tokens: 6, width: 5 },
  output: { kind: 'classes', count: 3 },
  readTokens: 1,
}
const training: TrainingOptions = {
  ...DEFAULTS.training,
  batch_size: EXAMPLES,
  max_steps: 100,
  grad_clip: 1,
  dropout: 0.1,
  shuffle: true,
}
const SETTINGS = {
  'a frozen trunk': setting('pretrained', ...FROZEN),
  'a frozen random trunk': setting('random', ...FROZEN),
  'a trunk that trains': setting('pretrained', ...PARTS),
}
const NAMES = Object.keys(SETTINGS) as (keyof typeof SETTINGS)[]

const problems = new Map<string, Problem>()
async function problemOf(type: string, kind: keyof typeof SETTINGS): Promise<Problem> {
  const name = `${type} ${kind}`
  const known = problems.get(name)
  if (known !== undefined) return known
  const network = buildNetwork(await pretrained(type), task, SETTINGS[kind])
  const problem = { input: task.input, network, objective: objectiveOf(task.output) }
  problems.set(name, problem)
  return problem
}

/**
 * The graphs of a problem, by their shapes: to build one takes longer than to train with it as many steps as here. A group
 * begins with first values, whatever was trained in its graph before.
 */
const graphs = new Map<Problem, Map<string, Stepper>>()
afterAll(() => {
  for (const of of graphs.values()) for (const graph of of.values()) graph.dispose()
})

function compiled(problem: Problem, shapes: GraphShapes): Stepper {
  const kept = graphs.get(problem) ?? new Map<string, Stepper>()
  graphs.set(problem, kept)
  const name = JSON.stringify([shapes.runs, ...shapes.frozen])
  const graph = kept.get(name) ?? new CompiledStepper(problem, training, shapes, { xla: false })
  kept.set(name, graph)
  return graph
}
const eager = (problem: Problem): Stepper => new EagerStepper(problem, training)

/** What a run with this seed sees at this step: its own examples, which its place in the group does not change. */
function examples(seed: number, step: number): Batch {
  const at = seed * 1000 + step
  const x = Float32Array.from({ length: EXAMPLES * 30 }, (_, i) => 2 * Math.sin(at * 12.9898 + i * 78.233))
  return {
    size: EXAMPLES,
    x,
    lengths: null,
    y: Int32Array.from({ length: EXAMPLES }, (_, i) => (at + i * i) % 3),
  }
}

/** Trains runs together and returns the scores of each at every step. */
async function train(
  problem: Problem,
  members: readonly GroupMember[],
  steps: number,
  stepper = compiled,
  refill: { slot: number; moment: number; member: GroupMember } | null = null,
): Promise<StepScores[][]> {
  const sizes = { trainExamples: EXAMPLES, scoreExamples: EXAMPLES }
  const group = await FusedGroup.create(problem, members, sizes, (shapes) => stepper(problem, shapes))
  const scores: StepScores[][] = members.map(() => [])
  const now = [...members]
  const begun = members.map(() => 0)
  for (let step = 1; step <= steps; step++) {
    if (refill !== null && step === refill.moment + 1) {
      const { slot, moment, member } = refill
      await group.place(slot, member)
      ;[now[slot], begun[slot]] = [member, moment]
    }
    const own = begun.map((from) => step - from)
    const batches = now.map(({ seed }, run) => examples(seed, own[run] ?? 0))
    const batch = {
      size: members.length * EXAMPLES,
      x: Float32Array.from(batches.flatMap(({ x }) => [...x])),
      lengths: null,
      y: Int32Array.from(batches.flatMap(({ y }) => [...y])),
    }
    group
      .step(
        batch,
        own,
        members.map(() => true),
      )
      .forEach((score, run) => scores[run]?.push(score))
  }
  if (stepper !== compiled) group.dispose()
  return scores
}

function expectSame(found: readonly StepScores[], alone: readonly StepScores[], tolerance: number): void {
  expect(found).toHaveLength(alone.length)
  alone.forEach(({ loss, gradNorm }, i) => {
    expect(Math.abs((found[i]?.loss ?? NaN) - loss) / loss, `loss of step ${i + 1}`).toBeLessThan(tolerance)
    const distance = Math.abs((found[i]?.gradNorm ?? NaN) - gradNorm) / gradNorm
    expect(distance, `norm of step ${i + 1}`).toBeLessThan(10 * tolerance)
  })
}

const aMember = fc.record({
  seed: fc.integer({ min: 0, max: 999 }),
  learningRate: fc.integer({ min: -50, max: -30 }).map((tenths) => 10 ** (tenths / 10)),
  from: fc.constant(null),
})

describe.each(KINDS)('on %s', (type) => {
  // What holds of one family for long is tried shortly with the others: they share all but the trunk.
  const [steps, tries] = type === 'bert' || type === 'gpt2' ? [50, 2] : [15, 1]

  it.each(NAMES)(
    'a run in a group is the run trained alone, with %s',
    async (kind) => {
      const problem = await problemOf(type, kind)
      const groups = fc
        .array(aMember, { minLength: 2, maxLength: 5 })
        .chain((members) => fc.record({ members: fc.constant(members), place: fc.nat(members.length - 1) }))
      await fc.assert(
        fc.asyncProperty(groups, async ({ members, place }) => {
          const [alone] = await train(problem, members.slice(place, place + 1), steps)
          const fused = await train(problem, members, steps)
          expectSame(fused[place] ?? [], alone ?? [], 1e-5)
        }),
        { numRuns: tries },
      )
    },
    60_000,
  )

  it.each(NAMES)('compiled steps are the eager ones, with %s', async (kind) => {
    const problem = await problemOf(type, kind)
    const members = [
      { seed: 1, learningRate: 1e-3, from: null },
      { seed: 2, learningRate: 1e-4, from: null },
    ]
    const expected = await train(problem, members, 20, eager)
    const found = await train(problem, members, 20)
    expected.forEach((scores, run) => expectSame(found[run] ?? [], scores, 1e-4))
  })

  it('a run that takes the place of another is the run trained alone, whoever is beside it and whenever it comes', async () => {
    const problem = await problemOf(type, 'a frozen trunk')
    const groups = fc.record({
      members: fc.array(aMember, { minLength: 2, maxLength: 4 }),
      next: aMember,
      place: fc.nat(3),
      moment: fc.integer({ min: 0, max: 20 }),
    })
    await fc.assert(
      fc.asyncProperty(groups, async ({ members, next, place, moment }) => {
        const slot = place % members.length
        const [alone] = await train(problem, [next], 50)
        const beside = members.map((member, i) => (i === slot ? { ...member, learningRate: NaN } : member))
        const refilled = await train(problem, beside, moment + 50, compiled, { slot, moment, member: next })
        expectSame(refilled[slot]?.slice(moment) ?? [], alone ?? [], 1e-5)
      }),
      { numRuns: 2 },
    )
  }, 90_000)

  it('a run that diverges changes no bit of its neighbours', async () => {
    const problem = await problemOf(type, 'a frozen trunk')
    const members = (rate: number): GroupMember[] =>
      [1e-3, rate, 1e-4].map((learningRate) => ({ seed: 5, learningRate, from: null }))
    const healthy = await train(problem, members(1e-3), 10)
    const sick = await train(problem, members(NaN), 10)
    expect(sick[1]?.map(({ loss }) => Number.isNaN(loss))).toEqual([
      false,
      ...new Array<boolean>(9).fill(true),
    ])
    expect([sick[0], sick[2]]).toEqual([healthy[0], healthy[2]])
  })

  it('a run drops the same units whoever is beside it', async () => {
    const problem = await problemOf(type, 'a frozen trunk')
    const still = (seed: number): GroupMember => ({ seed, learningRate: 0, from: null })
    const [alone] = await train(problem, [still(3)], 5)
    const [, beside] = await train(problem, [still(8), still(3)], 5)
    expectSame(beside ?? [], alone ?? [], 1e-6)
    const [undropped] = await train(problem, [still(3)], 5, (problem, shapes) => {
      return new CompiledStepper(problem, { ...training, dropout: 0 }, shapes, { xla: false })
    })
    undropped?.forEach(({ loss }, i) =>
      expect(Math.abs(loss - (alone?.[i]?.loss ?? NaN))).toBeGreaterThan(1e-4),
    )
  })
})
