import { performance } from 'node:perf_hooks'
import { tf, type Tensor } from '../../../src-main/engine'
import { BATCH, sizeOf, tokensOf, type Row, type RowSetting } from './rows'

/** One product [rows, from] by [from, to]. */
interface Product {
  readonly rows: number
  readonly from: number
  readonly to: number
}

/**
 * The products of a trunk's projections in one step: forward, back to their inputs, and to their weights where these
 * train. The last layer feeds only the last token forward, but every token gives it keys and values. What stands
 * between products, attention, normalisation, dropout and Adam among it, is left out: no trainer can be faster.
 */
function productsOf(row: Row, runs: number): Product[] {
  const { layers, width, intermediate } = sizeOf(row)
  const all = runs * BATCH * tokensOf(row)
  const last = runs * BATCH
  const layer = (rows: number): Product[] => [
    { rows, from: width, to: width },
    { rows, from: width, to: intermediate },
    { rows, from: intermediate, to: width },
  ]
  const whole = [{ rows: all, from: width, to: 3 * width }, ...layer(all)]
  const end = [
    { rows: all, from: width, to: 2 * width },
    { rows: last, from: width, to: width },
    ...layer(last),
  ]
  return [...Array.from({ length: layers - 1 }, () => whole).flat(), ...end]
}

/** Milliseconds a run of the products alone, by the engine's own product; over the row's settings, their mean. */
export function floorOf(row: Row, repeats: number): number[] {
  const times = row.settings.map((setting) => floorOfSetting(row, setting, repeats))
  return Array.from(
    { length: repeats },
    (_, i) => times.reduce((sum, each) => sum + (each[i] ?? NaN), 0) / times.length,
  )
}

/** The rates of a frozen trunk share its products. */
function floorOfSetting(row: Row, setting: RowSetting, repeats: number): number[] {
  const isFrozen = setting === 'frozen'
  const runs = isFrozen ? row.learningRates.length : 1
  const products = productsOf(row, runs)
  const tensors = new Map<string, Tensor>()
  const matrix = (rows: number, columns: number): Tensor => {
    const key = `${rows}x${columns}`
    const known = tensors.get(key) ?? tf.randomNormal([rows, columns], 0, 0.02)
    tensors.set(key, known)
    return known
  }
  const step = (): void => {
    for (const { rows, from, to } of products) {
      const [x, w, dy] = [matrix(rows, from), matrix(from, to), matrix(rows, to)]
      tf.dispose([tf.matMul(x, w), tf.matMul(dy, w, false, true)])
      if (!isFrozen) tf.dispose(tf.matMul(x, dy, true))
    }
  }
  step()
  const times = Array.from({ length: repeats }, () => {
    const started = performance.now()
    step()
    return (performance.now() - started) / runs
  })
  tf.dispose([...tensors.values()])
  return times
}
