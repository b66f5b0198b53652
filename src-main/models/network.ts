import type { Tensor } from '../engine'
import type { ParameterPart } from '../run'

/**
 * A network is input layer + trunk + readout for one task and one setting, written for a *fused group* of K runs:
 * everything trained carries a leading run dimension K; everything frozen is shared and does not, unless the seeds of the
 * runs give it different values (a frozen random trunk). A single run is K = 1.
 *
 * Dimensions, in one notation everywhere: K runs, B examples, T tokens, F input features, D trunk width,
 * H heads, V vocabulary, R tokens read, C outputs.
 */

export interface Parameter {
  /** PyTorch / Hugging Face name, as in the checkpoint ("in.weight", "encoder.layer.0.attention.self.query.weight"). */
  readonly name: string
  /** In the layout of its file, without K. */
  readonly shape: readonly number[]
  readonly part: ParameterPart
  /** Trunk layer, counted from 0; null outside the layers. */
  readonly layer: number | null
  readonly trained: boolean
}

/**
 * Tensors by parameter name: trained ones [K, ...shape]; frozen ones [...shape], or [K, ...shape] where they differ
 * from run to run. The rank tells which. A matrix of the feed-forward part may be given transposed.
 */
export type Weights = ReadonlyMap<string, Tensor>

/**
 * Is this parameter best held transposed? oneDNN multiplies by a matrix as it lies in memory, at half its speed where
 * rows are some kilobytes long (3072 floats, as in GPT-2 base; not 768); the other way round it packs first. So a
 * feed-forward matrix is held with the narrower side last.
 */
export const isBestTransposed = ({ part, shape: [rows = 0, columns = 0, ...rest] }: Parameter): boolean =>
  part === 'feed_forward' && rest.length === 0 && columns > rows && rows > 0

/** Has this weight a value for each run? (Else it is shared by all.) */
export const isPerRun = (parameter: Parameter, weight: Tensor): boolean =>
  weight.rank > parameter.shape.length

/**
 * What is drawn in a training step: a pure function of (run seed, step, site), so a run draws the same alone and in any
 * group. `site` numbers the place in the network.
 */
export interface Dropout {
  /** Zeroes with the rate and scales by 1 / (1 - rate). x is [K, ...]. */
  apply(x: Tensor, site: number): Tensor
  /** Standard normal numbers of this shape, [K, ...]. */
  normal(shape: readonly number[], site: number): Tensor
}

export interface Network {
  readonly parameters: readonly Parameter[]
  /** Names of the frozen matrices that are multiplied in bfloat16, so that they may be held in it. */
  readonly inBfloat16: ReadonlySet<string>
  /** Names of the parameters whose first values follow from the seed; the others' are the same for every seed. */
  readonly drawn: ReadonlySet<string>
  /**
   * Floating-point operations of one training step for one example of one run; `trainingFlops` says which count. The mean
   * where batches are made by length.
   */
  readonly trainingFlops: number
  /** Of an evaluation, likewise. */
  readonly forwardFlops: number
  /**
   * Logits [K, B, R * C] from x [K, B, T, F] (or int32 tokens [K, B, T]). Without dropout it evaluates.
   * Nothing here reads a value in JavaScript, so that a step can be traced into one graph. Call it inside tf.tidy.
   *
   * @param lengths of a padded input: int32 [K, B], the real tokens of each example. Logits are those of its last real
   *   tokens, and do not depend on what stands behind them.
   */
  forward(weights: Weights, x: Tensor, dropout: Dropout | null, lengths?: Tensor | null): Tensor
  /**
   * First values for the runs with these seeds: pretrained trunks from their file, the rest by the architecture's own
   * initialisation. The same seed gives the same values whatever the other seeds are. The caller owns the tensors.
   * @param which `trained`: those that train, at least
   */
  initialise(seeds: readonly number[], which?: 'all' | 'trained'): Promise<Map<string, Tensor>>
  /** Null: something trains before the readout. */
  readonly readoutOnly: ReadoutOnly | null
}

/** A network of which only the readout trains: without dropout an example gives it the same features at every step. */
export interface ReadoutOnly {
  /** R tokens of width D */
  readonly tokens: number
  readonly width: number
  /** What the readout reads, [K, B, R, D], from what `forward` takes. No dropout. */
  features(weights: Weights, x: Tensor, lengths: Tensor | null): Tensor
  /** The readout as a network of its own, whose x are the features. */
  readonly readout: Network
}
