import { z } from 'zod'
import { tf, type Tensor } from '../engine'
import { ACTIVATION_NAMES, activationSchema, parseConfig, size } from './config-fields'
import { addPositions, attend, lastTokens, paddingMask, splitHeads } from './fused'
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
  blueprint,
  layerNormParameters,
  normByName,
  type Blueprint,
  type ParameterSpec,
  type SavedForm,
  type TrunkFamily,
  type TrunkPass,
} from './trunk'

/**
 * The encoder of the vision transformer (Dosovitskiy et al. 2021) as in Hugging Face's `ViTModel`, used as FPT uses it:
 * blocks and final norm only. Patches, class token and the model's own positions stay out; a position table of FPT's own,
 * which starts at zeros, is added to the input. Each layer normalises, attends, adds, normalises, feeds forward, adds.
 * Every token sees every token, and still the last one is read.
 */

const config = z.object({
  num_hidden_layers: size,
  hidden_size: size,
  num_attention_heads: size,
  intermediate_size: size,
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: activationSchema.default('gelu'),
  initializer_range: z.number().positive().default(0.02),
  qkv_bias: z.literal(true).default(true),
})

const POSITIONS = 'vit_pos_embed'
/** Rows of FPT's position table. */
const FPT_POSITIONS = 1024

export const vit: TrunkFamily = {
  type: 'vit',
  prefix: 'vit.',
  parameterName: (name) => MODULE_NAMES.reduce((own, [module, saved]) => own.replace(module, saved), name),
  isUnused: (name) =>
    /^(embeddings\.(cls_token|mask_token|position_embeddings|patch_embeddings\..*)$|pooler\.|classifier\.|decoder\.)/.test(
      name,
    ),
  readConfig(json, file) {
    const fields = parseConfig(config, json, file)
    return planned(
      {
        type: 'vit',
        layers: fields.num_hidden_layers,
        width: fields.hidden_size,
        heads: fields.num_attention_heads,
        positions: FPT_POSITIONS,
        intermediate: fields.intermediate_size,
        layerNormEpsilon: fields.layer_norm_eps,
        activation: fields.hidden_act,
        initialDeviation: fields.initializer_range,
      },
      file,
    )
  },
  sizes: TRANSFORMER_SIZES,
  random: (size) =>
    planned(
      randomTransformer(size, {
        type: 'vit',
        positions: FPT_POSITIONS,
        layerNormEpsilon: 1e-12,
        activation: 'gelu',
      }),
    ),
}

/** What transformers 5 calls a layer's tensors in memory, and what its files (and all older ones) call them. */
const MODULE_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^layers\.(\d+)\./, 'encoder.layer.$1.'],
  [/\.attention\.q_proj\./, '.attention.attention.query.'],
  [/\.attention\.k_proj\./, '.attention.attention.key.'],
  [/\.attention\.v_proj\./, '.attention.attention.value.'],
  [/\.attention\.o_proj\./, '.attention.output.dense.'],
  [/\.mlp\.fc1\./, '.intermediate.dense.'],
  [/\.mlp\.fc2\./, '.output.dense.'],
]

const planned = (architecture: TransformerArchitecture, file?: string): Blueprint =>
  blueprint(withWholeHeads(architecture, file), (a) => ({
    parameters: parameters(a),
    flops: (step) => transformerFlops(a, true, step),
    forward: (x, pass) => forward(x, pass, a),
    saved: saved(a),
  }))

/** Images of one pixel: its readers expect a way in, which our networks have no use for. */
const saved = (a: TransformerArchitecture): SavedForm => ({
  layersField: 'num_hidden_layers',
  config: {
    architectures: ['ViTModel'],
    model_type: 'vit',
    num_hidden_layers: a.layers,
    hidden_size: a.width,
    num_attention_heads: a.heads,
    intermediate_size: a.intermediate,
    layer_norm_eps: a.layerNormEpsilon,
    hidden_act: ACTIVATION_NAMES[a.activation],
    initializer_range: a.initialDeviation,
    image_size: 1,
    patch_size: 1,
    num_channels: 1,
  },
  unused: [
    { name: 'embeddings.cls_token', shape: [1, 1, a.width] },
    { name: 'embeddings.position_embeddings', shape: [1, 2, a.width] },
    { name: 'embeddings.patch_embeddings.projection.weight', shape: [a.width, 1, 1, 1] },
    { name: 'embeddings.patch_embeddings.projection.bias', shape: [a.width] },
    { name: 'pooler.dense.weight', shape: [a.width, a.width] },
    { name: 'pooler.dense.bias', shape: [a.width] },
  ],
})

function parameters(a: TransformerArchitecture): ParameterSpec[] {
  const drawn = { kind: 'normal', mean: 0, deviation: a.initialDeviation } as const
  const layers = Array.from({ length: a.layers }, (_, layer) => {
    const at = `encoder.layer.${layer}`
    const dense = (
      name: string,
      part: 'attention' | 'feed_forward',
      out: number,
      width: number,
    ): ParameterSpec[] => [
      { name: `${at}.${name}.weight`, shape: [out, width], part, layer, firstValue: drawn },
      { name: `${at}.${name}.bias`, shape: [out], part, layer, firstValue: ZEROS },
    ]
    return [
      ...layerNormParameters(`${at}.layernorm_before`, a.width, layer),
      ...['query', 'key', 'value'].flatMap((role) =>
        dense(`attention.attention.${role}`, 'attention', a.width, a.width),
      ),
      ...dense('attention.output.dense', 'attention', a.width, a.width),
      ...layerNormParameters(`${at}.layernorm_after`, a.width, layer),
      ...dense('intermediate.dense', 'feed_forward', a.intermediate, a.width),
      ...dense('output.dense', 'feed_forward', a.width, a.intermediate),
    ]
  })
  return [
    {
      name: POSITIONS,
      shape: [1, a.positions, a.width],
      part: 'positions',
      layer: null,
      firstValue: ZEROS,
      isOurs: true,
    },
    ...layers.flat(),
    ...layerNormParameters('layernorm', a.width, null),
  ]
}

function forward(x: Tensor, pass: TrunkPass, a: TransformerArchitecture): Tensor {
  const { weight, drop } = pass
  const dense = (h: Tensor, name: string): Tensor => pass.dense(h, name, 'out-in')
  const norm = normByName(pass, a.layerNormEpsilon)
  const activate = activations[a.activation]

  const table = weight(POSITIONS) // [K, 1, P, D] or [1, P, D]
  const rows = tf.squeeze(table, [table.rank - 3])
  const mask = paddingMask(pass)
  let h = drop(addPositions(x, rows, pass), 0) // [K, B * T, D]
  for (let layer = 0; layer < a.layers; layer++) {
    const at = `encoder.layer.${layer}`
    // The last layer is computed for the tokens that are read; it still looks at all of them.
    const read = layer === a.layers - 1 ? pass.read : pass.tokens
    const normed = norm(h, `${at}.layernorm_before`)
    const own = lastTokens(normed, pass, read) // [K, B * R, D]
    const self = `${at}.attention.attention`
    const queries = splitHeads(dense(own, `${self}.query`), { ...pass, tokens: read }, a.heads)
    const keys = splitHeads(dense(normed, `${self}.key`), pass, a.heads)
    const values = splitHeads(dense(normed, `${self}.value`), pass, a.heads)
    const mixed = attend(queries, keys, values, pass, mask, (shares) => drop(shares, 3 * layer + 1))
    h = tf.add(lastTokens(h, pass, read), drop(dense(mixed, `${at}.attention.output.dense`), 3 * layer + 2))
    const inner = activate(dense(norm(h, `${at}.layernorm_after`), `${at}.intermediate.dense`)) // [K, B * R, I]
    h = tf.add(h, drop(dense(inner, `${at}.output.dense`), 3 * layer + 3))
  }
  return norm(h, 'layernorm')
}
