import { statelessNormal, statelessUniform, tf, type Tensor } from '../engine'
import type { FirstValue, ParameterSpec } from './trunk'

/** Each run's own draw: [K, ...shape], or [...shape] for a frozen parameter that is the same for all. */
export async function drawForRuns(
  { name, shape }: ParameterSpec,
  how: FirstValue,
  seeds: readonly number[],
  trained: boolean,
): Promise<Tensor> {
  const [first = 0] = seeds
  const same = how.kind === 'constant' || seeds.every((seed) => seed === first)
  if (same) return forRuns(await drawFirstValue(how, shape, first, name), trained ? seeds.length : null)
  const draws: Tensor[] = []
  for (const seed of seeds) draws.push(await drawFirstValue(how, shape, seed, name))
  const stacked = tf.stack(draws)
  tf.dispose(draws)
  return stacked
}

/** The same value for K runs, or shared (null). Consumes the tensor. */
export function forRuns(value: Tensor, runs: number | null): Tensor {
  if (runs === null) return value
  const repeated = tf.tidy(() => {
    const row = tf.expandDims(value, 0)
    // A run alone needs no second copy.
    return runs === 1 ? row : tf.tile(row, [runs, ...value.shape.map(() => 1)])
  })
  value.dispose()
  return repeated
}

/**
 * Draws a parameter's first value. A pure function of the run's seed and the parameter's name (and, of course, shape):
 * it depends on no other parameter and on no other run.
 */
async function drawFirstValue(
  how: FirstValue,
  shape: readonly number[],
  seed: number,
  name: string,
): Promise<Tensor> {
  if (how.kind === 'constant') return tf.fill([...shape], how.value)
  if (how.kind === 'orthogonal') return orthogonal(shape, how.gain, seed, name)
  return tf.tidy(() => {
    const key = drawKey(seed, name)
    if (how.kind === 'normal') return tf.add(tf.mul(statelessNormal(shape, key), how.deviation), how.mean)
    return tf.mul(tf.sub(statelessUniform(shape, key), 0.5), 2 * how.bound)
  })
}

/** [seed, name] as the two numbers that a stateless draw takes. */
const drawKey = (seed: number, name: string) => tf.tensor1d([seed | 0, hash(name)], 'int32')

/** FNV-1a over the UTF-8 bytes: the same number for a name on every machine and in every version. */
function hash(name: string): number {
  let value = 0x811c9dc5
  for (const byte of new TextEncoder().encode(name)) value = Math.imul(value ^ byte, 0x01000193)
  return value | 0
}

/**
 * A matrix with orthonormal columns (or rows, whichever are fewer), uniformly drawn, times the gain: the Q of a normal
 * matrix whose R has a positive diagonal, as PyTorch's `orthogonal_` gives it (Saxe et al. 2014).
 */
async function orthogonal(
  shape: readonly number[],
  gain: number,
  seed: number,
  name: string,
): Promise<Tensor> {
  const [rows = 0, columns = 0] = shape
  const drawn = tf.tidy(() => statelessNormal(shape, drawKey(seed, name)))
  const values = Float64Array.from(await drawn.data())
  drawn.dispose()
  // Vectors to be made orthonormal: the columns, or the rows where there are fewer of them.
  const tall = rows >= columns
  const [count, length] = tall ? [columns, rows] : [rows, columns]
  const vectors = Array.from({ length: count }, (_, v) =>
    Float64Array.from({ length }, (_, i) => values[tall ? i * columns + v : v * columns + i] ?? 0),
  )
  for (const [v, vector] of vectors.entries()) {
    // Twice: what rounding leaves after the first pass, the second removes.
    for (let pass = 0; pass < 2; pass++)
      for (const earlier of vectors.slice(0, v)) addScaled(vector, earlier, -dot(vector, earlier))
    const norm = Math.sqrt(dot(vector, vector))
    for (let i = 0; i < length; i++) vector[i] = (vector[i] ?? 0) / norm
  }
  const result = new Float32Array(rows * columns)
  for (const [v, vector] of vectors.entries())
    for (let i = 0; i < length; i++)
      result[tall ? i * columns + v : v * columns + i] = gain * (vector[i] ?? 0)
  return tf.tensor(result, [rows, columns])
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}

function addScaled(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] ?? 0) + factor * (b[i] ?? 0)
}

/** A normal draw with the mean and the (n - 1) deviation of these values. */
export function statisticsOf(values: ArrayLike<number>): FirstValue {
  const count = values.length
  let sum = 0
  for (let i = 0; i < count; i++) sum += values[i] ?? 0
  const mean = sum / count
  let squares = 0
  for (let i = 0; i < count; i++) squares += ((values[i] ?? 0) - mean) ** 2
  return { kind: 'normal', mean, deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : 0 }
}
