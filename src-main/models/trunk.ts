import type { Tensor } from '../engine'
import type { Dense, Extent } from './fused'
import type { CountedStep, TrunkFlops } from './flops'
import { layerNorm } from './gradients'
import type { Parameter } from './network'

/** The sizes that every trunk has, whatever its family calls them in its config.json. */
export interface Architecture {
  readonly type: string
  readonly layers: number
  /** D */
  readonly width: number
  /** H; null where nothing attends. */
  readonly heads: number | null
  /** Longest sequence; null where any length will do. */
  readonly positions: number | null
  /** Width of what enters, where it is not that of what leaves. */
  readonly inputWidth?: number
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
  /** The family's files need not hold it: then it starts from its first value, whatever the rest starts from. */
  readonly isOurs?: true
}

/** What a trunk's forward pass works with. */
export interface TrunkPass extends Extent {
  /** R: only the last tokens are wanted, of a padded example its last real ones. */
  readonly read: number
  /** int32 [K, B]: the real tokens of each example, R to T; what follows is not to be seen. Null: all T. */
  readonly lengths: Tensor | null
  readonly weight: (name: string) => Tensor
  readonly dense: Dense
  /** Does this parameter get a gradient? */
  readonly trains: (name: string) => boolean
  /** Drops units of [K, ...]; `site` counts the trunk's places from 0. The same tensor when evaluating. */
  readonly drop: (x: Tensor, site: number) => Tensor
  /** Standard normal numbers [K, ...], each step its own; null when evaluating. Sites are those of `drop`. */
  readonly normal: ((shape: readonly number[], site: number) => Tensor) | null
}

/** What `save_pretrained` writes of a trunk beside its parameters. */
export interface SavedForm {
  /** The field of config.json that says how many layers there are. */
  readonly layersField: string
  /** The content of config.json. */
  readonly config: Readonly<Record<string, unknown>>
  /** Tensors that its readers expect and our networks have no use for, such as the embeddings of words. */
  readonly unused: readonly { readonly name: string; readonly shape: readonly number[] }[]
}

export interface Trunk {
  readonly architecture: Architecture
  readonly parameters: readonly ParameterSpec[]
  /** What the matrix products of one training step cost, for one example of one run. */
  readonly flops: (step: CountedStep) => TrunkFlops
  /** [K, B * T, D] to [K, B * R, D]. */
  readonly forward: (x: Tensor, pass: TrunkPass) => Tensor
  /** As a file would say it that holds this trunk alone. */
  readonly saved: SavedForm
}

/** A trunk of which the depth may still be chosen: fewer layers are the first ones. */
export interface Blueprint {
  readonly layers: number
  readonly build: (layers: number) => Trunk
}

export const blueprint = <A extends Architecture>(
  architecture: A,
  build: (architecture: A) => Omit<Trunk, 'architecture'>,
): Blueprint => ({
  layers: architecture.layers,
  build: (layers) => {
    const cut = { ...architecture, layers }
    return { architecture: cut, ...build(cut) }
  },
})

/** Gives a size of a random trunk as the study has it, or `otherwise`. @throws InputError naming the field. */
export type SizeOf<Field extends string = string> = (field: Field, otherwise?: number) => number

/** A kind of trunk: how its config.json and tensor files are read, and how it computes. */
export interface TrunkFamily {
  /** `model_type` in config.json and `kind` in a study. */
  readonly type: string
  /** Prefix of tensor names in files of models with a head ("bert." in "bert.encoder.layer.0…"). */
  readonly prefix: string
  /**
   * What we call the parameter that a file calls so (without the prefix). Where there were several ways of naming
   * tensors over the years, it is the one that `save_pretrained` writes.
   */
  readonly parameterName: (name: string) => string
  /** Tensors that a file may hold and that are not used: never trained nor counted. */
  readonly isUnused: (name: string) => boolean
  /** @param config the parsed JSON. @throws InputError naming the field. */
  readonly readConfig: (config: unknown, file: string) => Blueprint
  /** The sizes that a random trunk may be given. */
  readonly sizes: readonly string[]
  readonly random: (size: SizeOf) => Blueprint
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
