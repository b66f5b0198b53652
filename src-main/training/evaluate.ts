import { tf, type Tensor } from '../engine'
import type { Split } from '../tasks/task'
import type { Scores } from './best-step'
import { passesOver } from './passes'
import { evaluatedBy, toTensors, type Problem } from './problem'
import { WHOLE_ROWS } from './sizes-alike'
import type { Stepper } from './stepper'

/** Tokens in one forward pass, over all runs. Measured: from here on more are no faster, and take memory in proportion. */
const TOKENS_PER_PASS = 2048
/** Rather so many than a number of examples that is not whole rows (`sizesAreAlike`). */
const MOST_TOKENS_PER_PASS = 4 * TOKENS_PER_PASS

/** What a pass takes beside its tokens, in tokens. Measured: a quarter of such a pass takes a third of its time. */
const TOKENS_BESIDE = 256
/** A pass of another size is worth it where it saves so much of the time. */
const WORTH_SAVING = 0.03

/** A split that is evaluated so many times in a run. */
export interface Evaluated {
  readonly size: number
  readonly times: number
}

/**
 * How many examples of each run one pass takes: about what fits, so that little is left over of the splits in their last
 * passes, which are filled up.
 */
export function examplesPerPass(
  problem: Pick<Problem, 'input' | 'evaluated'>,
  runs: number,
  evaluated: readonly Evaluated[],
): number {
  const { input } = problem.evaluated ?? problem
  const tokens = input.tokens * runs
  const largest = Math.max(...evaluated.map(({ size }) => size))
  const fitting = TOKENS_PER_PASS / tokens
  const most = WHOLE_ROWS * Math.ceil(largest / WHOLE_ROWS)
  const usual = Math.min(most, WHOLE_ROWS * Math.max(1, Math.round(fitting / WHOLE_ROWS)))
  if (usual * tokens > MOST_TOKENS_PER_PASS) return Math.min(largest, Math.max(1, Math.floor(fitting)))

  /** In tokens; a pass larger than usual is no faster for it. */
  const cost = (size: number): number => {
    const inPass = size * tokens
    const pass = inPass + Math.max(TOKENS_BESIDE, (inPass * TOKENS_BESIDE) / TOKENS_PER_PASS)
    return evaluated.reduce((sum, split) => sum + split.times * Math.ceil(split.size / size) * pass, 0)
  }
  let best = usual
  for (let size = WHOLE_ROWS; size <= Math.min(most, 1.5 * usual); size += WHOLE_ROWS)
    if (cost(size) < cost(best)) best = size
  return cost(best) < (1 - WORTH_SAVING) * cost(usual) ? best : usual
}

export interface Scoring {
  readonly problem: Problem
  readonly stepper: Stepper
  readonly runs: number
  /** Examples of each run in one pass; where batches are made by length, in one of the longest. */
  readonly size: number
}

/**
 * Loss and accuracy of K runs over a whole split, in large batches of fixed shapes (the last is filled up, and what fills
 * it is not counted). Lets the thread's messages in between batches; null when `interrupted` says so on the way.
 */
export async function evaluate(
  { problem, stepper, runs, size }: Scoring,
  split: Split,
  interrupted: () => boolean,
): Promise<Scores[] | null> {
  // Example by example, so that a sum is the same whatever the size of a pass.
  const loss = new Float64Array(runs)
  const right = new Float64Array(runs)
  const hidden = { right: new Float64Array(runs), count: new Float64Array(runs) }
  const read = evaluatedBy(problem)
  for (const { indices, counted, tokens } of await passesOver(split, read.input, size)) {
    await new Promise((resolve) => setImmediate(resolve))
    if (interrupted()) return null
    const scores = tf.tidy(() => {
      const { x, lengths, y } = toTensors(read, split.batch(indices, tokens), 1)
      return stepper.score({
        x: forAll(x, runs),
        lengths: lengths && forAll(lengths, runs),
        y: forAll(y, runs),
      })
    })
    const values = scores.dataSync() // [2 or 4, K, B]
    scores.dispose()
    for (const [row, sums] of [loss, right, hidden.right, hidden.count].entries()) {
      for (let k = 0; k < runs; k++) {
        const first = (row * runs + k) * indices.length
        for (let i = first; i < first + counted; i++) sums[k] = (sums[k] ?? 0) + (values[i] ?? 0)
      }
    }
  }
  return Array.from({ length: runs }, (_, k) => ({
    loss: (loss[k] ?? NaN) / split.size,
    accuracy: problem.objective.accuracy === null ? null : (right[k] ?? NaN) / split.size,
    ...(problem.objective.hidden && maskedShare(hidden.right[k], hidden.count[k])),
  }))
}

/** Where there was a hidden bit at all: the share of them that was answered rightly. */
export const maskedShare = (right = NaN, count = NaN): { accuracyMasked?: number } =>
  count === 0 ? {} : { accuracyMasked: right / count }

/** The same examples for every run: [1, B, …] to [K, B, …]. */
const forAll = (tensor: Tensor, runs: number): Tensor =>
  runs === 1 ? tensor : tf.tile(tensor, [runs, ...tensor.shape.slice(1).map(() => 1)])
