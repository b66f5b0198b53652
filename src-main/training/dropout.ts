import { statelessNormal, statelessUniform, tf, type Tensor, type Tensor1D } from '../engine'
import type { Dropout } from '../models/network'

/** A network has fewer places with dropout than this. */
const MOST_SITES = 1024

/**
 * Dropout (none at rate 0) and noise whose draws follow from (run seed, step, site) alone; `seed` and `step` are int32
 * [K]. Each run of a group draws for itself, so it drops the same units alone and in any company.
 */
export function seededDropout(rate: number, seed: Tensor, step: Tensor): Dropout {
  const runs = seed.shape[0]
  const seeds = tf.split(seed, runs) // K of [1]
  const steps = tf.split(tf.mul(step, tf.scalar(MOST_SITES, 'int32')), runs)
  /** Each run's own draws, one below the other. */
  const perRun = (
    draw: typeof statelessUniform,
    shape: readonly number[],
    site: number,
    then: (drawn: Tensor) => Tensor = (drawn) => drawn,
  ): Tensor => {
    const draws = seeds.map((runSeed, k) => {
      const place = tf.add(steps[k] ?? runSeed, tf.scalar(site, 'int32'))
      return then(draw([1, ...shape.slice(1)], tf.concat([runSeed, place]) as Tensor1D))
    })
    const [only] = draws
    return only !== undefined && draws.length === 1 ? only : tf.concat(draws)
  }
  return {
    apply: (x, site) => {
      if (rate === 0) return x
      // Compared before they are put together: a quarter of the bytes are copied.
      const kept = perRun(statelessUniform, x.shape, site, (drawn) => tf.greaterEqual(drawn, rate))
      return tf.mul(x, tf.mul(tf.cast(kept, 'float32'), 1 / (1 - rate)))
    },
    normal: (shape, site) => perRun(statelessNormal, shape, site),
  }
}
