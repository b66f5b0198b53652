import { z } from 'zod'
import { tf, type Tensor } from '../engine'
import { parseConfig, size } from './config-fields'
import { product, type CountedStep, type TrunkFlops } from './flops'
import { lastTokens, linear } from './fused'
import { lstmRecurrence } from './recurrence'
import {
  blueprint,
  type Architecture,
  type Blueprint,
  type FirstValue,
  type ParameterSpec,
  type SavedForm,
  type TrunkFamily,
  type TrunkPass,
} from './trunk'

/**
 * An LSTM (Hochreiter & Schmidhuber 1997) of several layers as PyTorch's `torch.nn.LSTM` computes and names it: gates in the order
 * i f g o, two biases, states that start from zeros, dropout between the layers.
 */

const config = z.object({
  num_layers: size,
  input_size: size,
  hidden_size: size,
  bias: z.literal(true).default(true),
  bidirectional: z.literal(false).default(false),
  proj_size: z.literal(0).default(0),
})

export interface RecurrentArchitecture extends Architecture {
  readonly inputWidth: number
}

export const RECURRENT_SIZES = ['layers', 'width'] as const

export const recurrentArchitecture = (
  type: string,
  layers: number,
  inputWidth: number,
  width: number,
): RecurrentArchitecture => ({
  type,
  layers,
  width,
  inputWidth,
  heads: null,
  positions: null,
})

export const lstm: TrunkFamily = {
  type: 'lstm',
  prefix: 'lstm.',
  parameterName: (name) => name,
  isUnused: () => false,
  readConfig(json, file) {
    const fields = parseConfig(config, json, file)
    return planned(recurrentArchitecture('lstm', fields.num_layers, fields.input_size, fields.hidden_size))
  },
  sizes: RECURRENT_SIZES,
  random: (size) => {
    const width = size('width')
    return planned(recurrentArchitecture('lstm', size('layers'), width, width))
  },
}

const planned = (architecture: RecurrentArchitecture): Blueprint =>
  blueprint(architecture, (a) => ({
    parameters: Array.from({ length: a.layers }, (_, layer) => parametersOf(a, layer)).flat(),
    flops: (step) => recurrentFlops(a, step),
    forward: (x, pass) => forward(x, pass, a),
    saved: savedRecurrence(a, {}),
  }))

/** Nobody's `save_pretrained` writes these: a config of the sizes, as PyTorch's modules take them. */
export const savedRecurrence = (a: RecurrentArchitecture, more: SavedForm['config']): SavedForm => ({
  layersField: 'num_layers',
  config: {
    model_type: a.type,
    input_size: a.inputWidth,
    hidden_size: a.width,
    num_layers: a.layers,
    ...more,
  },
  unused: [],
})

/** PyTorch's first values of all weights and biases. */
export const recurrentFirstValue = (width: number): FirstValue => ({
  kind: 'uniform',
  bound: 1 / Math.sqrt(width),
})

function parametersOf({ width, inputWidth }: RecurrentArchitecture, layer: number): ParameterSpec[] {
  const common = { part: 'recurrent', layer, firstValue: recurrentFirstValue(width) } as const
  return [
    { ...common, name: `weight_ih_l${layer}`, shape: [4 * width, layer === 0 ? inputWidth : width] },
    { ...common, name: `weight_hh_l${layer}`, shape: [4 * width, width] },
    { ...common, name: `bias_ih_l${layer}`, shape: [4 * width] },
    { ...common, name: `bias_hh_l${layer}`, shape: [4 * width] },
  ]
}

function forward(x: Tensor, pass: TrunkPass, { layers, width }: RecurrentArchitecture): Tensor {
  const { weight, trains, drop, runs, examples } = pass
  const zeros = tf.zeros([runs, examples, width])
  let h = x // [K, B * T, D]
  for (let layer = 0; layer < layers; layer++) {
    const recurrent = `weight_hh_l${layer}`
    const given = linear(h, weight(`weight_ih_l${layer}`), weight(`bias_ih_l${layer}`), 'out-in')
    const bias = weight(`bias_hh_l${layer}`)
    const sums = tf.add(given, bias.rank === 2 ? tf.expandDims(bias, 1) : bias)
    const start = { hidden: zeros, cell: zeros }
    h = timeLast(lstmRecurrence(timeFirst(sums, pass), weight(recurrent), start, trains(recurrent)))
    if (layer < layers - 1) h = drop(h, layer)
  }
  return lastTokens(h, pass, pass.read)
}

/** [K, B * T, D] to [T, K, B, D] */
export const timeFirst = (x: Tensor, { runs, examples, tokens }: TrunkPass): Tensor =>
  tf.transpose(tf.reshape(x, [runs, examples, tokens, x.shape[2] ?? 0]), [2, 0, 1, 3])

/** And back. */
export function timeLast(x: Tensor): Tensor {
  const [tokens = 0, runs = 0, examples = 0, width = 0] = x.shape
  return tf.reshape(tf.transpose(x, [1, 2, 0, 3]), [runs, examples * tokens, width])
}

/** What the products of recurrent layers cost: of the input for all tokens, of the hidden state token by token. */
export function recurrentFlops(
  { layers, width, inputWidth }: RecurrentArchitecture,
  { tokens, trains, ...step }: CountedStep,
): TrunkFlops {
  let { wanted } = step
  let flops = 0
  for (let layer = 0; layer < layers; layer++) {
    const weights = trains('recurrent', layer)
    flops += product(tokens, layer === 0 ? inputWidth : width, 4 * width, wanted, weights)
    wanted ||= weights || trains('layer_norm', layer)
    flops += product(tokens, width, 4 * width, wanted, weights)
  }
  return { flops, wanted }
}
