import { z } from 'zod'
import { tf, type Tensor } from '../engine'
import { ACTIVATION_NAMES, activationSchema, parseConfig, size } from './config-fields'
import { addPositions, attend, causalMask, lastTokens, splitHeads } from './fused'
import { transformerFlops } from './flops'
import { activations } from './gradients'
import {
  TRANSFORMER_SIZES,
  randomTransformer,
  withWholeHeads,
  type TransformerArchitecture,
} from './transformer'
import {
  ZEROS,
  layerNormParameters,
  blueprint,
  normByName,
  type Blueprint,
  type FirstValue,
  type ParameterSpec,
  type SavedForm,
  type TrunkFamily,
  type TrunkPass,
} from './trunk'

/**
 * GPT-2's decoder (Radford et al. 2019) as in Hugging Face's `GPT2Model`: positions are added to the input; each layer
 * normalises, attends to what came before, adds, normalises, feeds forward, adds; a last normalisation ends it. Matrices
 * are stored [in, out] ("Conv1D").
 */

const config = z.object({
  n_layer: size,
  n_embd: size,
  n_head: size,
  n_positions: size,
  n_inner: size.nullish(),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  activation_function: activationSchema.default('gelu-tanh'),
  initializer_range: z.number().positive().default(0.02),
  scale_attn_weights: z.literal(true).default(true),
  scale_attn_by_inverse_layer_idx: z.literal(false).default(false),
  add_cross_attention: z.literal(false).default(false),
})

export const gpt2: TrunkFamily = {
  type: 'gpt2',
  prefix: 'transformer.',
  parameterName: (name) => name,
  isUnused: (name) => /^(wte\.|h\.\d+\.attn\.(masked_)?bias$|lm_head\.|score\.|classifier\.)/.test(name),
  readConfig(json, file) {
    const fields = parseConfig(config, json, file)
    return planned(
      {
        type: 'gpt2',
        layers: fields.n_layer,
        width: fields.n_embd,
        heads: fields.n_head,
        positions: fields.n_positions,
        intermediate: fields.n_inner ?? 4 * fields.n_embd,
        layerNormEpsilon: fields.layer_norm_epsilon,
        activation: fields.activation_function,
        initialDeviation: fields.initializer_range,
      },
      file,
    )
  },
  sizes: TRANSFORMER_SIZES,
  random: (size) =>
    planned(
      randomTransformer(size, {
        type: 'gpt2',
        positions: 1024,
        layerNormEpsilon: 1e-5,
        activation: 'gelu-tanh',
      }),
    ),
}

const planned = (architecture: TransformerArchitecture, file?: string): Blueprint =>
  blueprint(withWholeHeads(architecture, file), (a) => ({
    parameters: parameters(a),
    flops: (step) => transformerFlops(a, true, step),
    forward: (x, pass) => forward(x, pass, a),
    saved: saved(a),
  }))

const saved = (a: TransformerArchitecture): SavedForm => ({
  layersField: 'n_layer',
  config: {
    architectures: ['GPT2Model'],
    model_type: 'gpt2',
    n_layer: a.layers,
    n_embd: a.width,
    n_head: a.heads,
    n_inner: a.intermediate,
    n_positions: a.positions,
    layer_norm_epsilon: a.layerNormEpsilon,
    activation_function: ACTIVATION_NAMES[a.activation],
    initializer_range: a.initialDeviation,
    vocab_size: 1,
    bos_token_id: 0,
    eos_token_id: 0,
  },
  unused: [{ name: 'wte.weight', shape: [1, a.width] }],
})

function parameters(a: TransformerArchitecture): ParameterSpec[] {
  const drawn = (deviation: number): FirstValue => ({ kind: 'normal', mean: 0, deviation })
  // Projections into the residual stream start smaller, by the number of them.
  const residual = a.initialDeviation / Math.sqrt(2 * a.layers)
  const norm = (name: string, layer: number | null): ParameterSpec[] =>
    layerNormParameters(name, a.width, layer)
  const layers = Array.from({ length: a.layers }, (_, layer) => {
    const dense = (
      name: string,
      part: 'attention' | 'feed_forward',
      width: number,
      out: number,
      deviation: number,
    ): ParameterSpec[] => [
      { name: `h.${layer}.${name}.weight`, shape: [width, out], part, layer, firstValue: drawn(deviation) },
      { name: `h.${layer}.${name}.bias`, shape: [out], part, layer, firstValue: ZEROS },
    ]
    return [
      ...norm(`h.${layer}.ln_1`, layer),
      ...dense('attn.c_attn', 'attention', a.width, 3 * a.width, a.initialDeviation),
      ...dense('attn.c_proj', 'attention', a.width, a.width, residual),
      ...norm(`h.${layer}.ln_2`, layer),
      ...dense('mlp.c_fc', 'feed_forward', a.width, a.intermediate, a.initialDeviation),
      ...dense('mlp.c_proj', 'feed_forward', a.intermediate, a.width, residual),
    ]
  })
  return [
    {
      name: 'wpe.weight',
      shape: [a.positions, a.width],
      part: 'positions',
      layer: null,
      firstValue: drawn(a.initialDeviation),
    },
    ...layers.flat(),
    ...norm('ln_f', null),
  ]
}

function forward(x: Tensor, pass: TrunkPass, a: TransformerArchitecture): Tensor {
  const { weight, drop } = pass
  const dense = (h: Tensor, name: string): Tensor => pass.dense(h, name, 'in-out')
  const norm = normByName(pass, a.layerNormEpsilon)
  const activate = activations[a.activation]

  let h = drop(addPositions(x, weight('wpe.weight'), pass), 0) // [K, B * T, D]
  const masks = { all: causalMask(pass, pass.tokens), last: causalMask(pass, pass.read) }
  for (let layer = 0; layer < a.layers; layer++) {
    const at = `h.${layer}`
    // The last layer is computed for the tokens that are read; it still looks at all of them.
    const read = layer === a.layers - 1 ? pass.read : pass.tokens
    const normed = norm(h, `${at}.ln_1`)
    const own = lastTokens(normed, pass, read) // [K, B * R, D]
    const project = (input: Tensor, first: number, count: number): Tensor =>
      pass.dense(input, `${at}.attn.c_attn`, 'in-out', { first: first * a.width, count: count * a.width })
    const heads = (input: Tensor, tokens: number): Tensor => splitHeads(input, { ...pass, tokens }, a.heads)
    let queries: Tensor, keys: Tensor, values: Tensor
    if (read === pass.tokens) {
      const parts = tf.split(dense(normed, `${at}.attn.c_attn`), 3, -1)
      ;[queries, keys, values] = parts.map((part) => heads(part, pass.tokens)) as [Tensor, Tensor, Tensor]
    } else {
      const parts = tf.split(project(normed, 1, 2), 2, -1)
      ;[keys, values] = parts.map((part) => heads(part, pass.tokens)) as [Tensor, Tensor]
      queries = heads(project(own, 0, 1), read)
    }
    const mixed = attend(
      queries,
      keys,
      values,
      pass,
      read === pass.tokens ? masks.all : masks.last,
      (shares) => drop(shares, 3 * layer + 1),
    )
    h = tf.add(lastTokens(h, pass, read), drop(dense(mixed, `${at}.attn.c_proj`), 3 * layer + 2))
    const inner = activate(dense(norm(h, `${at}.ln_2`), `${at}.mlp.c_fc`)) // [K, B * R, I]
    h = tf.add(h, drop(dense(inner, `${at}.mlp.c_proj`), 3 * layer + 3))
  }
  return norm(h, 'ln_f')
}
