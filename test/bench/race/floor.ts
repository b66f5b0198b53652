import { performance } from 'node:perf_hooks'
import { ProgramBuilder, tf, type Tensor } from '../../../src-main/engine'
import { BATCH, sizeOf, tokensOf, type Row, type RowSetting } from './rows'
import { mean, median } from './table'

/** One product [rows, from] by [from, to]. */
interface Product {
  readonly rows: number
  readonly from: number
  readonly to: number
  /** Rows of the product that gives the weights' gradient, where that is not one for each product; 0: there is none. */
  readonly gradientRows?: number
}

/**
 * The products of a trunk's projections in one step: forward, back to their inputs, and to their weights where these
 * train. A transformer's last layer feeds only the last token forward, but every token gives it keys and values; an LSTM
 * projects its input at all tokens at once, and its state token by token, but for its weights' gradient. What stands between products, attention,
 * normalisation, dropout and Adam among it, is left out: no trainer can be faster.
 */
function productsOf(row: Row, runs: number): Product[] {
  const { layers, width, intermediate } = sizeOf(row)
  const tokens = tokensOf(row)
  const all = runs * BATCH * tokens
  const last = runs * BATCH
  if (intermediate === null) {
    const gates = { from: width, to: 4 * width }
    const ofState = (token: number): Product => ({
      ...gates,
      rows: last,
      gradientRows: token === 0 ? all : 0,
    })
    return Array.from({ length: layers }, () => [
      { ...gates, rows: all },
      ...Array.from({ length: tokens }, (_, token) => ofState(token)),
    ]).flat()
  }
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

export interface Floor {
  /** Milliseconds a run of the products alone, by the engine's own product; over the row's settings, their mean. */
  readonly productsMs: readonly number[]
  /** Of Adam's kernel over a trunk that trains, which goes through its weights, gradients and moments; 0: none trains. */
  readonly adamMs: number
}

export function floorOf(row: Row, repeats: number): Floor {
  const times = row.settings.map((setting) => floorOfSetting(row, setting, repeats))
  const productsMs = Array.from({ length: repeats }, (_, i) => mean(times.map((each) => each[i] ?? NaN)))
  const adamMs = mean(row.settings.map((setting) => (setting === 'frozen' ? 0 : adamOf(row, repeats))))
  return { productsMs, adamMs }
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
    for (const { rows, from, to, gradientRows = rows } of products) {
      // Weights with the narrower side last, which is never the slower way (`isBestTransposed`).
      const isTurned = to > from
      const [x, w, dy] = [
        matrix(rows, from),
        matrix(Math.max(from, to), Math.min(from, to)),
        matrix(rows, to),
      ]
      tf.dispose([tf.matMul(x, w, false, isTurned), tf.matMul(dy, w, false, !isTurned)])
      if (isFrozen || gradientRows === 0) continue
      const sides = [matrix(gradientRows, from), matrix(gradientRows, to)] as const
      tf.dispose(isTurned ? tf.matMul(sides[1], sides[0], true) : tf.matMul(sides[0], sides[1], true))
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

/** Milliseconds of one step of Adam, in place, over the matrices of a trunk. */
function adamOf(row: Row, repeats: number): number {
  const builder = new ProgramBuilder()
  const shapes = matricesOf(row).map((shape, i) => [String(i), shape] as const)
  const parts = ['weights', 'gradients', 'exp_avg', 'exp_avg_sq'] as const
  const gradients = parts.flatMap((part) =>
    shapes.flatMap(([name, shape]) => {
      const value = builder.variable(`${part}/${name}`, shape, part)
      return part === 'gradients' ? [value] : []
    }),
  )
  builder.entry('adam', { rate: { shape: [], dtype: 'float32' } }, ({ rate = tf.scalar(0) }) => ({
    outputs: { rate },
    inPlace: shapes.map(([name], i) => ({
      operation: 'ResourceApplyAdam',
      variables: [`weights/${name}`, `exp_avg/${name}`, `exp_avg_sq/${name}`],
      inputs: [
        tf.scalar(0),
        tf.scalar(0),
        rate,
        tf.scalar(0.9),
        tf.scalar(0.999),
        tf.scalar(1e-8),
        gradients[i] ?? rate,
      ],
    })),
  }))
  const program = builder.load()
  for (const part of parts) {
    const values = new Map(shapes.map(([name, shape]) => [`${part}/${name}`, tf.fill([...shape], 1e-3)]))
    program.write(part, values)
    tf.dispose([...values.values()])
  }
  const rate = tf.scalar(1e-4)
  const step = (): number => {
    const started = performance.now()
    tf.dispose(Object.values(program.run('adam', { rate })))
    return performance.now() - started
  }
  step()
  const times = Array.from({ length: repeats }, step)
  program.dispose()
  return median(times)
}

/** Shapes of all projections of a trunk. */
function matricesOf(row: Row): (readonly [number, number])[] {
  const { layers, width, intermediate } = sizeOf(row)
  const layer: (readonly [number, number])[] =
    intermediate === null
      ? [
          [width, 4 * width],
          [width, 4 * width],
        ]
      : [
          [width, 3 * width],
          [width, width],
          [width, intermediate],
          [intermediate, width],
        ]
  return Array.from({ length: layers }, () => layer).flat()
}
