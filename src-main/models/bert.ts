import { z } from 'zod'
import { tf, type Tensor } from '../engine'
import { InputError } from '../errors'
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
  layerNormParameters,
  blueprint,
  normByName,
  type Blueprint,
  type ParameterSpec,
  type SavedForm,
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
  pad_token_id: z.int().min(0).max(1_000_000).nullish(),
  hidden_act: activationSchema.default('gelu'),
  initializer_range: z.number().positive().default(0.02),
  position_embedding_type: z.literal('absolute').default('absolute'),
  is_decoder: z.literal(false).default(false),
})

const UNUSED =
  /^(embeddings\.(word_embeddings\.|position_ids$|token_type_ids$)|pooler\.|cls\.|lm_head\.|classifier\.|qa_outputs\.)/
/** What RoBERTa's configurations mean where they do not say. */
const ROBERTA_PADDING = 1

interface BertArchitecture extends TransformerArchitecture {
  /** Rows of the token type table (of which row 0 is used). */
  readonly tokenTypes: number
  /** Row of the position table that the first token gets. */
  readonly firstPosition: number
}

export const bert: TrunkFamily = family('bert', 1e-12, () => 0)

/**
 * RoBERTa (Liu et al. 2019) and its kin as in Hugging Face's `RobertaModel`: BERT's layers, but positions are counted from
 * the row behind the one of padding.
 */
export const roberta: TrunkFamily = family('roberta', 1e-5, (paddingToken) => paddingToken + 1)

function family(type: string, epsilon: number, firstPosition: (paddingToken: number) => number): TrunkFamily {
  return {
    type,
    prefix: `${type}.`,
    // Layer norms of checkpoints that TensorFlow wrote are called gamma and beta.
    parameterName: (name) =>
      name.replace(/(LayerNorm)\.gamma$/, '$1.weight').replace(/(LayerNorm)\.beta$/, '$1.bias'),
    isUnused: (name) => UNUSED.test(name),
    readConfig(json, file) {
      const fields = parseConfig(config, json, file)
      const first = firstPosition(fields.pad_token_id ?? ROBERTA_PADDING)
      const architecture: BertArchitecture = {
        type,
        layers: fields.num_hidden_layers,
        width: fields.hidden_size,
        heads: fields.num_attention_heads,
        positions: fields.max_position_embeddings - first,
        intermediate: fields.intermediate_size,
        tokenTypes: fields.type_vocab_size,
        firstPosition: first,
        layerNormEpsilon: fields.layer_norm_eps,
        activation: fields.hidden_act,
        initialDeviation: fields.initializer_range,
      }
      if (architecture.positions < 1)
        throw new InputError(
          `found ${fields.max_position_embeddings}, expected more than the ${first} rows before the first token's`,
          { file, field: 'max_position_embeddings' },
        )
      return planned(architecture, file)
    },
    sizes: TRANSFORMER_SIZES,
    random: (size) =>
      planned({
        ...randomTransformer(size, { type, positions: 512, layerNormEpsilon: epsilon, activation: 'gelu' }),
        tokenTypes: 2,
        firstPosition: firstPosition(ROBERTA_PADDING),
      }),
  }
}

const planned = (architecture: BertArchitecture, file?: string): Blueprint =>
  blueprint(withWholeHeads(architecture, file), (a) => ({
    parameters: parameters(a),
    flops: (step) => transformerFlops(a, false, step),
    forward: (x, pass) => forward(x, pass, a),
    saved: saved(a),
  }))

function saved(a: BertArchitecture): SavedForm {
  const padding = Math.max(0, a.firstPosition - 1)
  return {
    layersField: 'num_hidden_layers',
    config: {
      architectures: [a.type === 'bert' ? 'BertModel' : 'RobertaModel'],
      model_type: a.type,
      num_hidden_layers: a.layers,
      hidden_size: a.width,
      num_attention_heads: a.heads,
      intermediate_size: a.intermediate,
      max_position_embeddings: a.firstPosition + a.positions,
      type_vocab_size: a.tokenTypes,
      layer_norm_eps: a.layerNormEpsilon,
      hidden_act: ACTIVATION_NAMES[a.activation],
      initializer_range: a.initialDeviation,
      pad_token_id: padding,
      vocab_size: padding + 1,
    },
    unused: [
      { name: 'embeddings.word_embeddings.weight', shape: [padding + 1, a.width] },
      { name: 'pooler.dense.weight', shape: [a.width, a.width] },
      { name: 'pooler.dense.bias', shape: [a.width] },
    ],
  }
}

const EMBEDDING_NORM = 'embeddings.LayerNorm'
const POSITIONS = 'embeddings.position_embeddings.weight'
const TOKEN_TYPES = 'embeddings.token_type_embeddings.weight'

function parameters(a: BertArchitecture): ParameterSpec[] {
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
    {
      name: POSITIONS,
      shape: [a.firstPosition + a.positions, a.width],
      part: 'positions',
      layer: null,
      firstValue: drawn,
    },
    { name: TOKEN_TYPES, shape: [a.tokenTypes, a.width], part: 'token_type', layer: null, firstValue: drawn },
    ...norm(EMBEDDING_NORM, null),
    ...layers.flat(),
  ]
}

function forward(x: Tensor, pass: TrunkPass, a: BertArchitecture): Tensor {
  const { weight, drop } = pass
  const dense = (h: Tensor, name: string): Tensor => pass.dense(h, name, 'out-in')
  const norm = normByName(pass, a.layerNormEpsilon)
  const activate = activations[a.activation]

  let h = tf.add(x, firstTokenType(weight(TOKEN_TYPES))) // [K, B * T, D]
  h = addPositions(h, weight(POSITIONS), pass, a.firstPosition)
  h = drop(norm(h, EMBEDDING_NORM), 0)
  const mask = paddingMask(pass)
  for (let layer = 0; layer < a.layers; layer++) {
    const at = `encoder.layer.${layer}`
    // The last layer is computed for the tokens that are read; it still looks at all of them.
    const read = layer === a.layers - 1 ? pass.read : pass.tokens
    const own = lastTokens(h, pass, read) // [K, B * R, D]
    const queries = splitHeads(dense(own, `${at}.attention.self.query`), { ...pass, tokens: read }, a.heads)
    const keys = splitHeads(dense(h, `${at}.attention.self.key`), pass, a.heads)
    const values = splitHeads(dense(h, `${at}.attention.self.value`), pass, a.heads)
    const mixed = attend(queries, keys, values, pass, mask, (shares) => drop(shares, 3 * layer + 1))
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
