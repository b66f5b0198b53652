import { z } from 'zod'
import { tf, type Tensor } from '../engine'
import { activationSchema, parseConfig, size } from './config-fields'
import { addPositions, attend, lastTokens, linear, splitHeads } from './fused'
import { gelu, geluTanh } from './gradients'
import {
  ZEROS,
  layerNormParameters,
  normByName,
  type Architecture,
  type ParameterSpec,
  type Trunk,
  type TrunkFamily,
  type TrunkPass,
} from './trunk'

/**
 * BERT's encoder (Devlin et al. 2019) as in Hugging Face's `BertModel`: positions and token type 0 are added to the
 * input, normalised; each layer attends, adds, normalises, then feeds forward, adds, normalises. Every token sees every
 * token. No pooler.
 */

const config = z.object({
  num_hidden_layers: size,
  hidden_size: size,
  num_attention_heads: size,
  intermediate_size: size,
  max_position_embeddings: size,
  type_vocab_size: size.default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: activationSchema.default('gelu'),
  initializer_range: z.number().positive().default(0.02),
  position_embedding_type: z.literal('absolute').default('absolute'),
  is_decoder: z.literal(false).default(false),
})

export const bert: TrunkFamily = {
  type: 'bert',
  prefix: 'bert.',
  defaultPositions: 512,
  defaultEpsilon: 1e-12,
  defaultActivation: 'gelu',
  isUnused: (name) =>
    /^(embeddings\.(word_embeddings\.|position_ids$|token_type_ids$)|pooler\.|cls\.|classifier\.|qa_outputs\.)/.test(
      name,
    ),
  readConfig(json, file) {
    const fields = parseConfig(config, json, file)
    return {
      type: 'bert',
      layers: fields.num_hidden_layers,
      width: fields.hidden_size,
      heads: fields.num_attention_heads,
      positions: fields.max_position_embeddings,
      intermediate: fields.intermediate_size,
      tokenTypes: fields.type_vocab_size,
      layerNormEpsilon: fields.layer_norm_eps,
      activation: fields.hidden_act,
      initialDeviation: fields.initializer_range,
    }
  },
  trunk: (architecture): Trunk => ({
    parameters: parameters(architecture),
    normsFirst: false,
    forward: (x, pass) => forward(x, pass, architecture),
  }),
}

const EMBEDDING_NORM = 'embeddings.LayerNorm'
const POSITIONS = 'embeddings.position_embeddings.weight'
const TOKEN_TYPES = 'embeddings.token_type_embeddings.weight'

function parameters(a: Architecture): ParameterSpec[] {
  const drawn = { kind: 'normal', mean: 0, deviation: a.initialDeviation } as const
  const norm = (name: string, layer: number | null): ParameterSpec[] =>
    layerNormParameters(name, a.width, layer)
  const dense = (
    name: string,
    part: 'attention' | 'feed_forward',
    layer: number,
    out: number,
    width: number,
  ): ParameterSpec[] => [
    { name: `${name}.weight`, shape: [out, width], part, layer, firstValue: drawn },
    { name: `${name}.bias`, shape: [out], part, layer, firstValue: ZEROS },
  ]
  const layers = Array.from({ length: a.layers }, (_, layer) => {
    const at = `encoder.layer.${layer}`
    return [
      ...['query', 'key', 'value'].flatMap((role) =>
        dense(`${at}.attention.self.${role}`, 'attention', layer, a.width, a.width),
      ),
      ...dense(`${at}.attention.output.dense`, 'attention', layer, a.width, a.width),
      ...norm(`${at}.attention.output.LayerNorm`, layer),
      ...dense(`${at}.intermediate.dense`, 'feed_forward', layer, a.intermediate, a.width),
      ...dense(`${at}.output.dense`, 'feed_forward', layer, a.width, a.intermediate),
      ...norm(`${at}.output.LayerNorm`, layer),
    ]
  })
  return [
    { name: POSITIONS, shape: [a.positions, a.width], part: 'positions', layer: null, firstValue: drawn },
    { name: TOKEN_TYPES, shape: [a.tokenTypes, a.width], part: 'token_type', layer: null, firstValue: drawn },
    ...norm(EMBEDDING_NORM, null),
    ...layers.flat(),
  ]
}

function forward(x: Tensor, pass: TrunkPass, a: Architecture): Tensor {
  const { weight, drop } = pass
  const dense = (h: Tensor, name: string): Tensor =>
    linear(h, weight(`${name}.weight`), weight(`${name}.bias`), 'out-in')
  const norm = normByName(pass, a.layerNormEpsilon)
  const activate = a.activation === 'gelu' ? gelu : geluTanh

  let h = tf.add(x, firstTokenType(weight(TOKEN_TYPES))) // [K, B * T, D]
  h = addPositions(h, weight(POSITIONS), pass)
  h = drop(norm(h, EMBEDDING_NORM), 0)
  for (let layer = 0; layer < a.layers; layer++) {
    const at = `encoder.layer.${layer}`
    // The last layer is computed for the tokens that are read; it still looks at all of them.
    const read = layer === a.layers - 1 ? pass.read : pass.tokens
    const own = lastTokens(h, pass, read) // [K, B * R, D]
    const queries = splitHeads(dense(own, `${at}.attention.self.query`), { ...pass, tokens: read }, a.heads)
    const keys = splitHeads(dense(h, `${at}.attention.self.key`), pass, a.heads)
    const values = splitHeads(dense(h, `${at}.attention.self.value`), pass, a.heads)
    const mixed = attend(queries, keys, values, pass, null, (shares) => drop(shares, 3 * layer + 1))
    const attended = drop(dense(mixed, `${at}.attention.output.dense`), 3 * layer + 2)
    h = norm(tf.add(attended, own), `${at}.attention.output.LayerNorm`)
    const inner = activate(dense(h, `${at}.intermediate.dense`)) // [K, B * R, I]
    const fed = drop(dense(inner, `${at}.output.dense`), 3 * layer + 3)
    h = norm(tf.add(fed, h), `${at}.output.LayerNorm`)
  }
  return h
}

/** Row 0 of the table, [K, 1, D] or [1, D]. */
const firstTokenType = (table: Tensor): Tensor =>
  table.rank === 3 ? tf.slice(table, [0, 0, 0], [-1, 1, -1]) : tf.slice(table, [0, 0], [1, -1])
