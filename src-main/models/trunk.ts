import type { Tensor } from '../engine'
import type { Extent } from './fused'
import { layerNorm } from './gradients'
import type { Parameter } from './network'

/** Sizes and constants of a trunk, whatever its family calls them in its config.json. */
export interface Architecture {
  readonly type: string
  readonly layers: number
  /** D */
  readonly width: number
  /** H */
  readonly heads: number
  /** Longest sequence. */
  readonly positions: number
  /** Width of the feed-forward layer's inside. */
  readonly intermediate: number
  /** Rows of BERT's token type table (of which row 0 is used). */
  readonly tokenTypes: number
  readonly layerNormEpsilon: number
  readonly activation: 'gelu' | 'gelu-tanh'
  /** Standard deviation of freshly drawn weights. */
  readonly initialDeviation: number
}

/** How a parameter that comes from no file gets its first value. */
export type FirstValue =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  /** Orthonormal rows or columns, whichever are fewer, times the gain. */
  | { readonly kind: 'orthogonal'; readonly gain: number }

/** A parameter before a setting has said whether it trains. */
export interface ParameterSpec extends Omit<Parameter, 'trained'> {
  readonly firstValue: FirstValue
}

/** What a trunk's forward pass works with. */
export interface TrunkPass extends Extent {
  /** R: only the last tokens are wanted. */
  readonly read: number
  readonly weight: (name: string) => Tensor
  /** Does this parameter get a gradient? */
  readonly trains: (name: string) => boolean
  /** Drops units of [K, ...]; `site` counts the trunk's places from 0. The same tensor when evaluating. */
  readonly drop: (x: Tensor, site: number) => Tensor
}

export interface Trunk {
  readonly parameters: readonly ParameterSpec[]
  /** Layer norms stand before attention and feed-forward, not behind them. */
  readonly normsFirst: boolean
  /** [K, B * T, D] to [K, B * R, D]. */
  readonly forward: (x: Tensor, pass: TrunkPass) => Tensor
}

/** A kind of trunk: how its config.json and tensor files are read, and how it computes. */
export interface TrunkFamily {
  /** `model_type` in config.json and `kind` in a study. */
  readonly type: string
  /** Prefix of tensor names in files of models with a head ("bert." in "bert.encoder.layer.0…"). */
  readonly prefix: string
  /** Longest sequence of a random trunk that does not say. */
  readonly defaultPositions: number
  readonly defaultEpsilon: number
  readonly defaultActivation: Architecture['activation']
  /** Tensors that a file may hold and that are not used: never trained nor counted. */
  readonly isUnused: (name: string) => boolean
  /** @param config the parsed JSON. @throws InputError naming the field. */
  readonly readConfig: (config: unknown, file: string) => Architecture
  readonly trunk: (architecture: Architecture) => Trunk
}

/** Gain and shift of a layer normalisation. */
export const layerNormParameters = (name: string, width: number, layer: number | null): ParameterSpec[] => [
  { name: `${name}.weight`, shape: [width], part: 'layer_norm', layer, firstValue: ONES },
  { name: `${name}.bias`, shape: [width], part: 'layer_norm', layer, firstValue: ZEROS },
]

/** Normalises by the gain and shift of that name. */
export const normByName =
  ({ weight, trains }: TrunkPass, epsilon: number) =>
  (h: Tensor, name: string): Tensor =>
    layerNorm(h, weight(`${name}.weight`), weight(`${name}.bias`), epsilon, trains(`${name}.weight`))

export const ZEROS: FirstValue = { kind: 'constant', value: 0 }
export const ONES: FirstValue = { kind: 'constant', value: 1 }
