import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf, type Tensor } from '../../src-main/engine'
import { objectiveOf } from '../../src-main/training/objective'

beforeAll(() => loadEngine())

const numbers = (tensor: Tensor | undefined): number[] => [...(tensor?.dataSync() ?? [])]
const logOf = (share: number): number => -Math.log(share)
const share = (own: number, ...others: number[]): number =>
  Math.exp(own) / [own, ...others].reduce((sum, logit) => sum + Math.exp(logit), 0)

describe('objectiveOf', () => {
  it('classes: cross-entropy, and right where the largest logit is', () => {
    const objective = objectiveOf({ kind: 'classes', count: 3 })
    const logits = tf.tensor([[[1, 2, 0]], [[0, -1, 3]]]) // [2, 1, 3]
    const y = tf.tensor([[[1]], [[0]]], [2, 1, 1], 'int32')
    const [first = NaN, second = NaN] = numbers(objective.loss(logits, y))
    expect(first).toBeCloseTo(logOf(share(2, 1, 0)), 5)
    expect(second).toBeCloseTo(logOf(share(0, -1, 3)), 5)
    expect(numbers(objective.accuracy?.(logits, y))).toEqual([1, 0])
  })

  it('bits: cross-entropy of two logits a bit, both averaged over the bits', () => {
    const objective = objectiveOf({ kind: 'bits', count: 2 })
    const logits = tf.tensor([[[1, 0, 2, 5]]]) // bit 0: 1 against 0; bit 1: 2 against 5
    const y = tf.tensor([[[1, 1]]], [1, 1, 2], 'int32')
    const [loss = NaN] = numbers(objective.loss(logits, y))
    expect(loss).toBeCloseTo((logOf(share(0, 1)) + logOf(share(5, 2))) / 2, 5)
    expect(numbers(objective.accuracy?.(logits, y))).toEqual([0.5])
  })

  it('hidden bits: the loss and accuracy of all bits, and the right ones among the hidden', () => {
    const objective = objectiveOf({ kind: 'bits', count: 3, hidden: true })
    const plain = objectiveOf({ kind: 'bits', count: 3 })
    const logits = tf.tensor([[[1, 0, 2, 5, 3, 1]]]) // answers 0, 1, 0
    const bits = tf.tensor([[[1, 1, 0]]], [1, 1, 3], 'int32')
    const y = tf.concat([bits, tf.tensor([[[1, 1, 0]]], [1, 1, 3], 'int32')], -1)
    expect(objective.targets).toBe(6)
    expect(numbers(objective.loss(logits, y))).toEqual(numbers(plain.loss(logits, bits)))
    expect(numbers(objective.accuracy?.(logits, y))).toEqual(numbers(plain.accuracy?.(logits, bits)))
    const hidden = objective.hidden?.(logits, y)
    expect([numbers(hidden?.right), numbers(hidden?.count)]).toEqual([[1], [2]])
    expect(plain.hidden).toBe(null)
  })

  it('values: mean squared error, with no right or wrong', () => {
    const objective = objectiveOf({ kind: 'values', count: 2 })
    expect(numbers(objective.loss(tf.tensor([[[1, 2]]]), tf.tensor([[[0, 4]]])))).toEqual([2.5])
    expect(objective.accuracy).toBe(null)
  })

  it('is finite for logits of any size', () => {
    const objective = objectiveOf({ kind: 'classes', count: 2 })
    const y = tf.tensor([[[0]]], [1, 1, 1], 'int32')
    expect(numbers(objective.loss(tf.tensor([[[-1e4, 1e4]]]), y))).toEqual([2e4])
  })
})
