import { tf } from '../engine'
import type { Split } from '../tasks/task'
import type { Scores } from './best-step'
import { passesOver } from './passes'
import { evaluatedBy, toTensors, type Problem } from './problem'
import { WHOLE_ROWS } from './sizes-alike'
import type { Stepper } from './stepper'

/** Tokens in one forward pass. Measured: from here on more are no faster, and take memory in proportion. */
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
 * How many examples one pass takes: about what fits, so that little is left over of the splits in their last passes, which
 * are filled up.
 */
export function examplesPerPass(
  problem: Pick<Problem, 'input' | 'evaluated'>,
  evaluated: readonly Evaluated[],
): number {
  const { tokens } = (problem.evaluated ?? problem).input
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
  /** Its place in the group. */
  readonly run: number
  /** Examples in one pass; where batches are made by length, in one of the longest. */
  readonly size: number
}

/**
 * Loss and accuracy of a run over a whole split, in large batches of fixed shapes (the last is filled up, and what fills
 * it is not counted). Lets the thread's messages in between batches; null when `interrupted` says so on the way.
 */
export async function evaluate(
  { problem, stepper, run, size }: Scoring,
  split: Split,
  interrupted: () => boolean,
): Promise<Scores | null> {
  // Example by example, so that a sum is the same whatever the size of a pass.
  const sums = { loss: 0, right: 0, hiddenRight: 0, hidden: 0 }
  const read = evaluatedBy(problem)
  for (const { indices, counted, tokens } of await passesOver(split, read.input, size)) {
    await new Promise((resolve) => setImmediate(resolve))
    if (interrupted()) return null
    const scores = tf.tidy(() => stepper.score(run, toTensors(read, split.batch(indices, tokens), 1)))
    const values = scores.dataSync() // [2 or 4, 1, B]
    scores.dispose()
    for (const [row, sum] of (['loss', 'right', 'hiddenRight', 'hidden'] as const).entries()) {
      const first = row * indices.length
      for (let i = first; i < first + counted; i++) sums[sum] += values[i] ?? 0
    }
  }
  return {
    loss: sums.loss / split.size,
    accuracy: problem.objective.accuracy === null ? null : sums.right / split.size,
    ...(problem.objective.hidden && maskedShare(sums.hiddenRight, sums.hidden)),
  }
}

/** Where there was a hidden bit at all: the share of them that was answered rightly. */
export const maskedShare = (right = NaN, count = NaN): { accuracyMasked?: number } =>
  count === 0 ? {} : { accuracyMasked: right / count }
