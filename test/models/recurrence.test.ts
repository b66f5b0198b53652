import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf, type Tensor } from '../../src-main/engine'
import { lstmRecurrence, normedRecurrence, type NormedCell } from '../../src-main/models/recurrence'
import { expectClose, numbers, plainNorm, rows, slope } from './finite-differences'

beforeAll(async () => {
  await loadEngine()
})

const [TOKENS, RUNS, EXAMPLES, WIDTH] = [4, 2, 2, 3]
const EPSILON = 1e-3
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** Values by name, each the numbers of all runs one after the other. */
type Values = Readonly<Record<string, number[]>>
const ofRun = (values: number[] | undefined, run: number): number[] => {
  const length = (values?.length ?? 0) / RUNS
  return values?.slice(run * length, (run + 1) * length) ?? []
}

/** Hidden states [T, K, B, C] token by token, in float64; with gains also the normalisations of FPT's cell. */
function plain(v: Values, order: readonly [number, number, number, number], mask: number[] | null): number[] {
  const out: number[] = []
  const states = new Map<string, { hidden: number[]; cell: number[] }>()
  for (let t = 0; t < TOKENS; t++)
    for (let run = 0; run < RUNS; run++)
      for (let example = 0; example < EXAMPLES; example++) {
        const place = (t * RUNS + run) * EXAMPLES + example
        const given = v['inputs']?.slice(place * 4 * WIDTH, (place + 1) * 4 * WIDTH) ?? []
        const start = (run * EXAMPLES + example) * WIDTH
        const state = states.get(`${run} ${example}`) ?? {
          hidden: v['hidden']?.slice(start, start + WIDTH) ?? [],
          cell: v['cell']?.slice(start, start + WIDTH) ?? [],
        }
        let product = rows(ofRun(v['recurrent'], run), WIDTH).map((row) =>
          row.reduce((sum, weight, i) => sum + weight * (state.hidden[i] ?? NaN), 0),
        )
        const norm = (row: number[], which: 'sums' | 'cell'): number[] =>
          plainNorm(row, ofRun(v[`${which}Gain`], run), ofRun(v[`${which}Shift`], run), EPSILON, 1)
        if (v['bias'] !== undefined) {
          const bias = ofRun(v['bias'], run)
          product = norm(
            product.map((value, i) => value + (bias[i] ?? NaN)),
            'sums',
          )
        }
        const sums = rows(
          given.map((value, i) => value + (product[i] ?? NaN)),
          WIDTH,
        )
        const [i, f, g, o] = order.map((gate) => sums[gate] ?? []) as [number[], number[], number[], number[]]
        let cell = state.cell.map(
          (before, c) => sigmoid(f[c] ?? NaN) * before + sigmoid(i[c] ?? NaN) * Math.tanh(g[c] ?? NaN),
        )
        if (v['bias'] !== undefined) cell = norm(cell, 'cell')
        const hidden = cell.map(
          (value, c) => sigmoid(o[c] ?? NaN) * Math.tanh(value) * (mask?.[place * WIDTH + c] ?? 1),
        )
        states.set(`${run} ${example}`, { hidden, cell })
        out.push(...hidden)
      }
  return out
}

const SHAPES: Readonly<Record<string, readonly number[]>> = {
  inputs: [TOKENS, RUNS, EXAMPLES, 4 * WIDTH],
  hidden: [RUNS, EXAMPLES, WIDTH],
  cell: [RUNS, EXAMPLES, WIDTH],
  recurrent: [RUNS, 4 * WIDTH, WIDTH],
  bias: [RUNS, 4 * WIDTH],
  sumsGain: [RUNS, 4 * WIDTH],
  sumsShift: [RUNS, 4 * WIDTH],
  cellGain: [RUNS, WIDTH],
  cellShift: [RUNS, WIDTH],
}
const LSTM = ['inputs', 'recurrent']
const NORMED = [...LSTM, 'bias', 'sumsGain', 'sumsShift', 'cellGain', 'cellShift']
const OUT = [TOKENS, RUNS, EXAMPLES, WIDTH]
const COUNT = TOKENS * RUNS * EXAMPLES * WIDTH

const valuesOf = (names: readonly string[]): Values =>
  Object.fromEntries(
    [...names, 'hidden', 'cell'].map((name, seed) => [
      name,
      numbers(SHAPES[name]?.reduce((a, b) => a * b, 1) ?? 0, seed + 1),
    ]),
  )

/** Holds the operation and its gradients by each of `names` to central differences. */
function expectGradients(
  operation: (given: Readonly<Record<string, Tensor>>) => Tensor,
  plainly: (values: Values) => number[],
  values: Values,
  names: readonly string[],
): void {
  const weight = numbers(COUNT, 20)
  tf.tidy(() => {
    const given = Object.fromEntries(
      Object.entries(values).map(([name, numbers]) => [name, tf.tensor(numbers, [...(SHAPES[name] ?? [])])]),
    )
    expectClose(operation(given), plainly(values), 4)
    const found = tf.grads((...tensors: Tensor[]) => {
      const moved = { ...given, ...Object.fromEntries(names.map((name, i) => [name, tensors[i] as Tensor])) }
      return tf.sum(tf.mul(operation(moved), tf.tensor(weight, OUT)))
    })(names.map((name) => given[name] as Tensor))
    for (const [i, name] of names.entries()) {
      const expected = slope((at) => plainly({ ...values, [name]: at }), values[name] ?? [], weight)
      expect(
        expected.some((value) => Math.abs(value) > 1e-2),
        name,
      ).toBe(true)
      expectClose(found[i] as Tensor, expected, 3)
    }
  })
}

const startOf = (given: Readonly<Record<string, Tensor>>): { hidden: Tensor; cell: Tensor } => ({
  hidden: given['hidden'] as Tensor,
  cell: given['cell'] as Tensor,
})

describe("an LSTM's recurrence", () => {
  const run = (trained: boolean) => (given: Readonly<Record<string, Tensor>>) =>
    lstmRecurrence(given['inputs'] as Tensor, given['recurrent'] as Tensor, startOf(given), trained)
  const plainly = (values: Values): number[] => plain(values, [0, 1, 2, 3], null)

  it('and its gradients equal the formula, each run with its own weights', () => {
    expectGradients(run(true), plainly, valuesOf(LSTM), LSTM)
  })

  it('passes the same gradient to its inputs where its weights do not train', () => {
    expectGradients(run(false), plainly, valuesOf(LSTM), ['inputs'])
  })
})

describe("the recurrence of FPT's layer-normalised LSTM", () => {
  const mask = Array.from({ length: COUNT }, (_, i) => (i % 3 === 0 ? 0 : 1.5))
  const run =
    (recurrent: boolean, norms: boolean, drops: boolean) => (given: Readonly<Record<string, Tensor>>) =>
      normedRecurrence(given['inputs'] as Tensor, given as unknown as NormedCell, startOf(given), {
        epsilon: EPSILON,
        variance: 'unbiased',
        trained: { recurrent, norms },
        mask: drops ? tf.tensor(mask, OUT) : null,
      })
  const plainly =
    (drops: boolean) =>
    (values: Values): number[] =>
      plain(values, [0, 1, 3, 2], drops ? mask : null)

  it.each([false, true])('and its gradients equal the formula, dropout: %s', (drops) => {
    expectGradients(run(true, true, drops), plainly(drops), valuesOf(NORMED), NORMED)
  })

  it('passes the same gradients on where only its gains train, or nothing in it does', () => {
    const gains = NORMED.filter((name) => name !== 'recurrent' && name !== 'bias')
    expectGradients(run(false, true, false), plainly(false), valuesOf(NORMED), gains)
    expectGradients(run(false, false, true), plainly(true), valuesOf(NORMED), ['inputs'])
    expectGradients(run(true, false, true), plainly(true), valuesOf(NORMED), LSTM)
  })
})
