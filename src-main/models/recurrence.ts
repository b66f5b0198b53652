import { scan, sigmoidGradient, tanhGradient, tf, type Tensor } from '../engine'
import { matrixProduct } from './fused'
import { differentiable, normalise, normaliseGradient, perExample, type Variance } from './gradients'

/**
 * Recurrent layers over whole sequences, with gradients by hand: one loop forward, one backward. What can be done for all
 * tokens at once is done outside of the recurrence: the product of the input, and the gradients of weights and gains.
 * Time comes first here: [T, K, B, …].
 */

/** Where a sequence starts from, [K, B, C] each; no gradient reaches it. */
export interface InitialState {
  readonly hidden: Tensor
  readonly cell: Tensor
}

/** How a cell's four gates lie side by side. */
type GateOrder = 'ifgo' | 'ifog'
type Gates = readonly [i: Tensor, f: Tensor, g: Tensor, o: Tensor]

const inOrder = ([i, f, g, o]: Gates, order: GateOrder): Tensor =>
  tf.concat(order === 'ifgo' ? [i, f, g, o] : [i, f, o, g], -1)

function apart(gates: Tensor, order: GateOrder): Gates {
  const [i, f, third, fourth] = tf.split(gates, 4, -1) as [Tensor, Tensor, Tensor, Tensor]
  return order === 'ifgo' ? [i, f, third, fourth] : [i, f, fourth, third]
}

function openGates(sums: Tensor, order: GateOrder): Gates {
  const [i, f, g, o] = apart(sums, order)
  return [tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)]
}

/** Gradients of the gates' sums, side by side, from those of the gates. */
function gateGradients([i, f, g, o]: Gates, [di, df, dg, dOut]: Gates, order: GateOrder): Tensor {
  const gradients = [
    sigmoidGradient(i, di),
    sigmoidGradient(f, df),
    tanhGradient(g, dg),
    sigmoidGradient(o, dOut),
  ] as const
  return inOrder(gradients, order)
}

/** What each token found, from where the sequence started and what each token left, [T, ...]. */
const found = (start: Tensor, left: Tensor): Tensor => {
  const [tokens = 0, ...rest] = left.shape
  const others = tf.slice(
    left,
    left.shape.map(() => 0),
    [tokens - 1, ...rest],
  )
  return tf.concat([tf.expandDims(start, 0), others])
}

/**
 * The recurrence of an LSTM (Hochreiter & Schmidhuber 1997) as in PyTorch.
 * @param inputs what the tokens and biases give to the gates' sums, [T, K, B, 4C], gates in the order i f g o
 * @param recurrent [K, 4C, C], or [4C, C] where all runs share it
 * @param trained whether the recurrent weights get a gradient
 * @returns hidden states [T, K, B, C]
 */
export function lstmRecurrence(
  inputs: Tensor,
  recurrent: Tensor,
  start: InitialState,
  trained: boolean,
): Tensor {
  const { shape } = start.hidden
  return differentiable(trained ? [inputs, recurrent] : [inputs], () => {
    const { hidden, cell, gates } = scan({ inputs }, { ...start }, ({ inputs }, { hidden, cell }) => {
      const sums = tf.add(inputs, matrixProduct(hidden, recurrent, 'out-in'))
      const [i, f, g, o] = openGates(sums, 'ifgo')
      const next = tf.add(tf.mul(f, cell), tf.mul(i, g))
      const states = { hidden: tf.mul(o, tf.tanh(next)), cell: next }
      return { states, outputs: { ...states, gates: inOrder([i, f, g, o], 'ifgo') } }
    })
    return {
      value: hidden,
      saved: [recurrent, found(start.hidden, hidden), found(start.cell, cell), tf.tanh(cell), gates],
      gradient: (dy, saved) => {
        const [recurrent, hidden, before, tangent, gates] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor]
        const { dInputs } = scan(
          { dy, before, tangent, gates },
          { dHidden: tf.zeros(shape), dCell: tf.zeros(shape) },
          ({ dy, before, tangent, gates }, later) => {
            const opened = apart(gates, 'ifgo')
            const [i, f, g, o] = opened
            const dHidden = tf.add(dy, later.dHidden)
            const dCell = tf.add(later.dCell, tanhGradient(tangent, tf.mul(dHidden, o)))
            const dGates: Gates = [
              tf.mul(dCell, g),
              tf.mul(dCell, before),
              tf.mul(dCell, i),
              tf.mul(dHidden, tangent),
            ]
            const dInputs = gateGradients(opened, dGates, 'ifgo')
            const states = { dHidden: matrixProduct(dInputs, recurrent, 'in-out'), dCell: tf.mul(dCell, f) }
            return { states, outputs: { dInputs } }
          },
          { backwards: true },
        )
        return trained ? [dInputs, weightGradient(dInputs, hidden)] : [dInputs]
      },
    }
  })
}

/** Weights and gains of a layer-normalised recurrence; a leading K where runs have their own. */
export interface NormedCell {
  /** [4C, C] and [4C] */
  readonly recurrent: Tensor
  readonly bias: Tensor
  /** Gain and shift of what the hidden state gives to the gates' sums, [4C], and of the cell, [C]. */
  readonly sumsGain: Tensor
  readonly sumsShift: Tensor
  readonly cellGain: Tensor
  readonly cellShift: Tensor
}

export interface NormedCellOptions {
  readonly epsilon: number
  readonly variance: Variance
  /** Which get gradients: the recurrent weights with their bias, gains with their shifts. */
  readonly trained: { readonly recurrent: boolean; readonly norms: boolean }
  /** What the hidden states are multiplied with, [T, K, B, C]; null: no dropout. */
  readonly mask: Tensor | null
}

/**
 * The recurrence of FPT's layer-normalised LSTM: what the hidden state gives to the gates is normalised, and so is the
 * cell, which is carried on so; dropout falls on the hidden state that is carried on.
 * @param inputs what the tokens give to the gates' sums, normalised, [T, K, B, 4C], gates in the order i f o g
 * @returns hidden states [T, K, B, C]
 */
export function normedRecurrence(
  inputs: Tensor,
  weights: NormedCell,
  start: InitialState,
  { epsilon, variance, trained, mask }: NormedCellOptions,
): Tensor {
  const { recurrent, bias, sumsGain, sumsShift, cellGain, cellShift } = weights
  const scaled = (normed: Tensor, gain: Tensor, shift: Tensor): Tensor =>
    tf.add(tf.mul(normed, perExample(gain)), perExample(shift))
  const dropped = (hidden: Tensor, mask: Tensor | undefined): Tensor =>
    mask === undefined ? hidden : tf.mul(hidden, mask)
  const differentiated = [
    inputs,
    ...(trained.recurrent ? [recurrent, bias] : []),
    ...(trained.norms ? [sumsGain, sumsShift, cellGain, cellShift] : []),
  ]
  const { shape } = start.hidden
  return differentiable(differentiated, () => {
    const { hidden, cell, ...kept } = scan(
      { inputs, mask: mask ?? undefined },
      { ...start },
      ({ inputs, mask }, { hidden, cell }) => {
        const product = tf.add(matrixProduct(hidden, recurrent, 'out-in'), perExample(bias))
        const sums = normalise(product, epsilon, variance)
        const [i, f, g, o] = openGates(tf.add(inputs, scaled(sums.normed, sumsGain, sumsShift)), 'ifog')
        const raw = normalise(tf.add(tf.mul(f, cell), tf.mul(i, g)), epsilon, variance)
        const next = scaled(raw.normed, cellGain, cellShift)
        const states = { hidden: dropped(tf.mul(o, tf.tanh(next)), mask), cell: next }
        return {
          states,
          outputs: {
            ...states,
            gates: inOrder([i, f, g, o], 'ifog'),
            sums: sums.normed,
            sumsScale: sums.scale,
            raw: raw.normed,
            rawScale: raw.scale,
          },
        }
      },
    )
    const { gates, sums, sumsScale, raw, rawScale } = kept
    return {
      value: hidden,
      saved: [
        ...[recurrent, sumsGain, cellGain],
        ...[found(start.hidden, hidden), found(start.cell, cell), tf.tanh(cell)],
        ...[gates, sums, sumsScale, raw, rawScale],
        ...(mask === null ? [] : [mask]),
      ],
      gradient: (dy, saved) => {
        type Saved = [...Three, ...Three, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor?]
        const [recurrent, sumsGain, cellGain, hidden, before, tangent, ...rest] = saved as Saved
        const [gates, sums, sumsScale, raw, rawScale, mask] = rest
        const { dInputs, dProducts, dCells } = scan(
          { dy, before, tangent, gates, sums, sumsScale, raw, rawScale, mask },
          { dHidden: tf.zeros(shape), dCell: tf.zeros(shape) },
          ({ dy, before, tangent, gates, sums, sumsScale, raw, rawScale, mask }, later) => {
            const opened = apart(gates, 'ifog')
            const [i, f, g, o] = opened
            const dHidden = dropped(tf.add(dy, later.dHidden), mask)
            const dCells = tf.add(later.dCell, tanhGradient(tangent, tf.mul(dHidden, o)))
            const dRaw = normaliseGradient(tf.mul(dCells, perExample(cellGain)), raw, rawScale, variance)
            const dGates: Gates = [
              tf.mul(dRaw, g),
              tf.mul(dRaw, before),
              tf.mul(dRaw, i),
              tf.mul(dHidden, tangent),
            ]
            const dInputs = gateGradients(opened, dGates, 'ifog')
            const dNormed = tf.mul(dInputs, perExample(sumsGain))
            const dProducts = normaliseGradient(dNormed, sums, sumsScale, variance)
            const states = { dHidden: matrixProduct(dProducts, recurrent, 'in-out'), dCell: tf.mul(dRaw, f) }
            return { states, outputs: { dInputs, dProducts, dCells } }
          },
          { backwards: true },
        )
        const ofWeights = trained.recurrent
          ? [weightGradient(dProducts, hidden), overTimeAndExamples(dProducts)]
          : []
        const ofNorms = trained.norms
          ? [
              overTimeAndExamples(tf.mul(dInputs, sums)),
              overTimeAndExamples(dInputs),
              overTimeAndExamples(tf.mul(dCells, raw)),
              overTimeAndExamples(dCells),
            ]
          : []
        return [dInputs, ...ofWeights, ...ofNorms]
      },
    }
  })
}

/** [T, K, B, D] to [K, D] */
const overTimeAndExamples = (x: Tensor): Tensor => tf.sum(x, [0, 2])

/** Of weights [K, O, I] that made [T, K, B, O] out of [T, K, B, I]. */
function weightGradient(dOutputs: Tensor, inputs: Tensor): Tensor {
  const perRun = (x: Tensor): Tensor => {
    const [tokens = 0, runs = 0, examples = 0, width = 0] = x.shape
    return tf.reshape(tf.transpose(x, [1, 0, 2, 3]), [runs, tokens * examples, width])
  }
  return tf.matMul(perRun(dOutputs), perRun(inputs), true, false)
}

type Three = [Tensor, Tensor, Tensor]
