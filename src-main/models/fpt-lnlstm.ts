import { z } from 'zod'
import { statelessNormal, tf, type Tensor } from '../engine'
import { parseConfig, size } from './config-fields'
import { lastTokens, linear } from './fused'
import { layerNorm, type Variance } from './gradients'
import {
  RECURRENT_SIZES,
  recurrentArchitecture,
  recurrentFirstValue,
  recurrentFlops,
  savedRecurrence,
  timeFirst,
  timeLast,
  type RecurrentArchitecture,
} from './lstm'
import { normedRecurrence, type InitialState } from './recurrence'
import { blueprint, type Blueprint, type ParameterSpec, type TrunkFamily, type TrunkPass } from './trunk'

/**
 * FPT's layer-normalised LSTM (after Ba et al. 2016): what input and hidden state give to the gates (in the order i f o g)
 * is normalised apart, and so is the cell, whose normalised value is carried on; by default with the unbiased variance.
 * Dropout falls on the hidden state that is carried on. The states start from zeros, or from normal numbers of
 * variance 2 / (inputs + hidden).
 *
 * In training these numbers are drawn for every step and example, from the run's seed. In an evaluation they are the same
 * for all examples and runs, so that scores can be had again: FPT draws anew, and its scores of the same weights differ.
 */

const config = z.object({
  num_layers: size,
  input_size: size,
  hidden_size: size.min(2),
  layer_norm_eps: z.number().positive().default(1e-6),
  layer_norm_unbiased: z.boolean().default(true),
  initial_state: z.enum(['zeros', 'random']).default('zeros'),
})

interface NormedArchitecture extends RecurrentArchitecture {
  readonly layerNormEpsilon: number
  readonly variance: Variance
  readonly initialState: 'zeros' | 'random'
}

export const fptLnlstm: TrunkFamily = {
  type: 'fpt_lnlstm',
  prefix: 'lstm.',
  parameterName: (name) => name,
  isUnused: () => false,
  readConfig(json, file) {
    const fields = parseConfig(config, json, file)
    return planned({
      ...recurrentArchitecture('fpt_lnlstm', fields.num_layers, fields.input_size, fields.hidden_size),
      layerNormEpsilon: fields.layer_norm_eps,
      variance: fields.layer_norm_unbiased ? 'unbiased' : 'biased',
      initialState: fields.initial_state,
    })
  },
  sizes: RECURRENT_SIZES,
  random: (size) => {
    const width = size('width')
    return planned({
      ...recurrentArchitecture('fpt_lnlstm', size('layers'), width, width),
      layerNormEpsilon: 1e-6,
      variance: 'unbiased',
      initialState: 'zeros',
    })
  },
}

const planned = (architecture: NormedArchitecture): Blueprint =>
  blueprint(architecture, (a) => ({
    parameters: Array.from({ length: a.layers }, (_, layer) => parametersOf(a, layer)).flat(),
    flops: (step) => recurrentFlops(a, step),
    forward: (x, pass) => forward(x, pass, a),
    saved: savedRecurrence(a, {
      layer_norm_eps: a.layerNormEpsilon,
      layer_norm_unbiased: a.variance === 'unbiased',
      initial_state: a.initialState,
    }),
  }))

function parametersOf({ width, inputWidth }: NormedArchitecture, layer: number): ParameterSpec[] {
  const at = `params.${layer}`
  const dense = (name: string, from: number): ParameterSpec[] => {
    const common = { part: 'recurrent', layer, firstValue: recurrentFirstValue(width) } as const
    return [
      { ...common, name: `${at}.${name}.weight`, shape: [4 * width, from] },
      { ...common, name: `${at}.${name}.bias`, shape: [4 * width] },
    ]
  }
  // Gain and shift both start anywhere near 0, as in FPT.
  const norm = (name: string, over: number): ParameterSpec[] => {
    const common = { part: 'layer_norm', layer, firstValue: recurrentFirstValue(over) } as const
    return ['alpha', 'beta'].map((which) => ({ ...common, name: `${at}.${name}.${which}`, shape: [1, over] }))
  }
  return [
    ...dense('i2h', layer === 0 ? inputWidth : width),
    ...dense('h2h', width),
    ...norm('ln_i2h', 4 * width),
    ...norm('ln_h2h', 4 * width),
    ...norm('ln_cell', width),
  ]
}

function forward(x: Tensor, pass: TrunkPass, a: NormedArchitecture): Tensor {
  const { weight, trains, drop } = pass
  /** [K, n] or [n], stored [1, n]. */
  const vector = (name: string): Tensor => {
    const stored = weight(name)
    return tf.squeeze(stored, [stored.rank - 2])
  }
  let h = x // [K, B * T, D]
  for (let layer = 0; layer < a.layers; layer++) {
    const at = `params.${layer}`
    const trained = { recurrent: trains(`${at}.h2h.weight`), norms: trains(`${at}.ln_h2h.alpha`) }
    const sums = layerNorm(
      linear(h, weight(`${at}.i2h.weight`), weight(`${at}.i2h.bias`), 'out-in'),
      vector(`${at}.ln_i2h.alpha`),
      vector(`${at}.ln_i2h.beta`),
      a.layerNormEpsilon,
      trained.norms,
      a.variance,
    )
    const cell = {
      recurrent: weight(`${at}.h2h.weight`),
      bias: weight(`${at}.h2h.bias`),
      sumsGain: vector(`${at}.ln_h2h.alpha`),
      sumsShift: vector(`${at}.ln_h2h.beta`),
      cellGain: vector(`${at}.ln_cell.alpha`),
      cellShift: vector(`${at}.ln_cell.beta`),
    }
    const ones = tf.ones([pass.runs, pass.examples * pass.tokens, a.width])
    const mask = drop(ones, layer)
    h = timeLast(
      normedRecurrence(timeFirst(sums, pass), cell, initialState(pass, a, layer), {
        epsilon: a.layerNormEpsilon,
        variance: a.variance,
        trained,
        mask: mask === ones ? null : timeFirst(mask, pass),
      }),
    )
  }
  return lastTokens(h, pass, pass.read)
}

function initialState(
  { runs, examples, normal }: TrunkPass,
  { initialState, layers, width, inputWidth }: NormedArchitecture,
  layer: number,
): InitialState {
  if (initialState === 'zeros') {
    const zeros = tf.zeros([runs, examples, width])
    return { hidden: zeros, cell: zeros }
  }
  const deviation = Math.sqrt(2 / ((layer === 0 ? inputWidth : width) + width))
  const drawn =
    normal === null
      ? tf.tile(statelessNormal([1, 1, 2 * width], tf.tensor1d([0, layer], 'int32')), [runs, examples, 1])
      : normal([runs, examples, 2 * width], layers + layer)
  const [hidden, cell] = tf.split(tf.mul(drawn, deviation), 2, -1) as [Tensor, Tensor]
  return { hidden, cell }
}
