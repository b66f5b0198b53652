import { beforeAll, expect, it } from 'vitest'
import { loadEngine, tf, type Tensor } from '../../src-main/engine'
import { WithFallback } from '../../src-main/training/choose-stepper'
import type { Stepper } from '../../src-main/training/stepper'

beforeAll(() => loadEngine())

/** Holds one number as its weights; a step adds the rate to it. */
function counting(fails: boolean): Stepper & { disposed: boolean } {
  let weight: Tensor = tf.scalar(0)
  return {
    disposed: false,
    parts: ['weights'],
    hasFrozen: false,
    train: ({ learningRate }) => {
      if (fails) throw new Error('no kernel for this device')
      weight = tf.add(weight, learningRate)
      return weight
    },
    score: () => tf.scalar(0),
    read: (part) => new Map(part === 'weights' ? [['w', tf.clone<Tensor>(weight)]] : []),
    write: (part, values) => {
      if (part === 'weights') weight = tf.clone(values.get('w') ?? weight)
    },
    clear: () => undefined,
    dispose() {
      this.disposed = true
    },
  }
}

it('steps that XLA cannot compile are taken by the plain graph from the same state, and it is said once', () => {
  const [xla, plain] = [counting(true), counting(false)]
  const warnings: string[] = []
  const stepper = new WithFallback(
    xla,
    () => plain,
    (message) => warnings.push(message),
  )
  stepper.write('weights', new Map([['w', tf.scalar(5)]]))
  const none = tf.scalar(0)
  const feeds = {
    x: none,
    lengths: null,
    y: none,
    learningRate: tf.scalar(2),
    seed: none,
    step: none,
    active: null,
  }
  expect(stepper.train(feeds).dataSync()[0]).toBe(7)
  expect(stepper.train(feeds).dataSync()[0]).toBe(9)
  expect(xla.disposed).toBe(true)
  expect(warnings).toEqual([expect.stringContaining('no kernel for this device')])
})

it('a plain graph that fails is not tried again', () => {
  const stepper = new WithFallback(
    counting(true),
    () => counting(true),
    () => undefined,
  )
  const none = tf.scalar(0)
  const feeds = { x: none, lengths: null, y: none, learningRate: none, seed: none, step: none, active: null }
  expect(() => stepper.train(feeds)).toThrow('no kernel for this device')
})
