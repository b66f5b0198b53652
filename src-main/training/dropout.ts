import { statelessUniform, tf, type Tensor, type Tensor1D } from '../engine'
import type { Dropout } from '../models/network'

/** A network has fewer places with dropout than this. */
const MOST_SITES = 1024

/**
 * Dropout whose draws follow from (run seed, step, site) alone; `seed` and `step` are int32 [K]. Each run of a group
 * draws for itself, so it drops the same units alone and in any company.
 */
export function seededDropout(rate: number, seed: Tensor, step: Tensor): Dropout {
  const runs = seed.shape[0]
  const seeds = tf.split(seed, runs) // K of [1]
  const steps = tf.split(tf.mul(step, tf.scalar(MOST_SITES, 'int32')), runs)
  return {
    apply: (x, site) => {
      const perRun = [1, ...x.shape.slice(1)]
      const draws = seeds.map((runSeed, k) => {
        const place = tf.add(steps[k] ?? runSeed, tf.scalar(site, 'int32'))
        return statelessUniform(perRun, tf.concat([runSeed, place]) as Tensor1D)
      })
      const kept = tf.greaterEqual(draws.length === 1 ? (draws[0] ?? x) : tf.concat(draws), rate)
      return tf.mul(x, tf.mul(tf.cast(kept, 'float32'), 1 / (1 - rate)))
    },
  }
}
