import { describe, expect, it } from 'vitest'
import { BestStep } from '../../src-main/training/best-step'

const scores = (accuracy: number, loss = 1): { loss: number; accuracy: number } => ({ loss, accuracy })

describe('BestStep', () => {
  it('moves only to a better score: a worse or equal one after the best changes nothing', () => {
    const best = new BestStep({ metric: 'accuracy', patience: 10 })
    expect(best.offer(10, scores(0.5))).toBe(true)
    expect(best.offer(20, scores(0.7))).toBe(true)
    expect(best.offer(30, scores(0.6))).toBe(false)
    expect(best.offer(40, scores(0.7, 0.1))).toBe(false)
    expect(best.state).toEqual({ best: { step: 20, loss: 1, accuracy: 0.7 }, evaluatedStep: 40, stale: 2 })
  })

  it('takes the lowest loss where loss is the metric', () => {
    const best = new BestStep({ metric: 'loss', patience: 10 })
    expect(best.offer(10, scores(0.5, 2))).toBe(true)
    expect(best.offer(20, scores(0.9, 3))).toBe(false)
    expect(best.offer(30, { loss: 1, accuracy: null })).toBe(true)
    expect(best.state.best?.step).toBe(30)
  })

  it('is exhausted after as many evaluations without improvement as patience says, and counts anew after one', () => {
    const best = new BestStep({ metric: 'accuracy', patience: 2 })
    const exhausted = [0.5, 0.4, 0.6, 0.6, 0.5].map((accuracy, i) => {
      best.offer(i + 1, scores(accuracy))
      return best.exhausted
    })
    expect(exhausted).toEqual([false, false, false, false, true])
  })

  it('goes on from a kept state', () => {
    const first = new BestStep({ metric: 'accuracy', patience: 2 })
    first.offer(1, scores(0.5))
    first.offer(2, scores(0.4))
    const second = new BestStep({ metric: 'accuracy', patience: 2 }, first.state)
    second.offer(3, scores(0.5))
    expect([second.exhausted, second.state.best?.step]).toEqual([true, 1])
  })
})
