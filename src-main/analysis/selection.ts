import { isComplete } from '../run'
import type { SelectionRule } from '../run'
import type { Arm, Choice, Estimate } from './conclusions'
import { mean } from './estimate'

/** Accuracy is better when higher, loss when lower. */
export const higherIsBetter = (metric: SelectionRule['metric']): boolean => metric === 'accuracy'

/** Negative when a is better than b, 0 on an exact tie; sorts from best to worst. */
export const compareScores = (metric: SelectionRule['metric'], a: number, b: number): number =>
  higherIsBetter(metric) ? b - a : a - b

/**
 * The arm with the best validation score among the eligible ones; on an exact tie the rule's end of the grid wins.
 * Test scores are never looked at. Null when no arm is eligible.
 * @param arms of one cell, by rising rate
 */
export function chooseArm(arms: readonly Arm[], rule: SelectionRule): Choice | null {
  const eligible = arms.flatMap((arm) =>
    arm.score === null || !arm.validation ? [] : { arm, score: arm.score, validation: arm.validation },
  )
  if (eligible.length === 0) return null
  const best = eligible.reduce((a, b) => (compareScores(rule.metric, a.score, b.score) <= 0 ? a : b)).score
  const tied = eligible.filter(({ score }) => score === best)
  const winner = rule.tie === 'lowest-rate' ? tied[0] : tied.at(-1)
  if (!winner) return null
  return {
    rate: winner.arm.rate,
    validation: winner.validation,
    test: winner.arm.test,
    ...costOf(winner.arm),
    tied: tied.filter((other) => other !== winner).map(({ arm }) => arm.rate),
    edge: edgeOf(arms, winner.arm),
    only: arms.length === 1,
  }
}

/** What the complete seeds of an arm cost on average. */
function costOf({ seeds }: Arm): Pick<Choice, 'steps' | 'flops'> {
  const complete = seeds.filter(({ state }) => isComplete(state))
  if (complete.length === 0) return { steps: null, flops: null }
  const flops = complete.flatMap(({ steps, stepFlops }) => (stepFlops === null ? [] : steps * stepFlops))
  return {
    steps: mean(complete.map(({ steps }) => steps)),
    flops: flops.length < complete.length ? null : mean(flops),
  }
}

/** The arm whose test mean is best: what selecting on the test would have reported. Not a valid result. */
export function pickByTest(
  arms: readonly Arm[],
  rule: SelectionRule,
): { rate: number; test: Estimate } | null {
  const tested = arms.flatMap(({ eligible, rate, test }) => (eligible && test ? { rate, test } : []))
  if (tested.length === 0) return null
  return tested.reduce((a, b) =>
    compareScores(rule.metric, a.test[rule.seeds], b.test[rule.seeds]) <= 0 ? a : b,
  )
}

function edgeOf(arms: readonly Arm[], winner: Arm): Choice['edge'] {
  if (arms.length < 2) return null
  if (winner === arms[0]) return 'lowest'
  return winner === arms.at(-1) ? 'highest' : null
}
