import type { TaskInput } from '../tasks/task'
import type { Parameter } from './network'
import type { Trunk } from './trunk'

/**
 * Floating-point operations of one training step for one example of one run: the matrix products of its forward and
 * backward pass, 2 for each multiply-add. What costs less than a product (sums, norms, activations, softmax, dropout,
 * the optimizer) is left out, as usual (Chowdhery et al. 2022, appendix B). The backward pass has a product for every
 * operand that a gradient must reach, so a frozen weight saves one, and a frozen beginning of the network saves two.
 */

/** What a network computes for one example, beside its parameters. */
export interface NetworkExtent {
  readonly trunk: Trunk
  readonly input: TaskInput
  /** R */
  readonly readTokens: number
  /** C: outputs of each token read. */
  readonly outputs: number
}

/** A training step as its trunk sees it. */
export interface CountedStep {
  /** T */
  readonly tokens: number
  /** R */
  readonly read: number
  /** Does anything train that belongs to this part, of this layer (null: of none)? */
  readonly trains: (part: Parameter['part'], layer?: number | null) => boolean
  /** Is a gradient wanted of what enters the trunk? */
  readonly wanted: boolean
}

export interface TrunkFlops {
  readonly flops: number
  /** Is a gradient wanted of what leaves the trunk? */
  readonly wanted: boolean
}

export const trainingFlops = (extent: NetworkExtent, parameters: readonly Parameter[]): number =>
  countFlops(extent, (part, layer = null) =>
    parameters.some((parameter) => parameter.part === part && parameter.layer === layer && parameter.trained),
  )

/** Of the forward pass alone: an evaluation of one example of one run. */
export const forwardFlops = (extent: NetworkExtent): number => countFlops(extent, () => false)

/** Where batches are made by length, the mean of the training examples. */
function countFlops(extent: NetworkExtent, trains: CountedStep['trains']): number {
  const { input } = extent
  const lengths = input.paddedTo ?? [{ tokens: input.tokens, share: 1 }]
  return lengths.reduce((sum, { tokens, share }) => {
    return sum + share * countOfLength({ ...extent, input: { ...input, tokens } }, trains)
  }, 0)
}

function countOfLength(extent: NetworkExtent, trains: CountedStep['trains']): number {
  const { trunk, input, readTokens, outputs } = extent
  const { width, inputWidth = width } = trunk.architecture
  const { tokens } = input
  const entering = input.kind === 'vectors' ? product(tokens, input.width, inputWidth, trains('input')) : 0
  const inside = trunk.flops({ tokens, read: readTokens, trains, wanted: trains('input') })
  return entering + inside.flops + product(readTokens, width, outputs, inside.wanted, trains('output'))
}

/** rows × inner × columns, once forward and once for each operand whose gradient is wanted. */
export const product = (
  rows: number,
  inner: number,
  columns: number,
  ...wanted: readonly boolean[]
): number => 2 * rows * inner * columns * (1 + wanted.filter(Boolean).length)

/**
 * What a transformer's products cost.
 * @param normsFirst layer norms stand before attention and feed-forward (GPT-2, ViT), not behind them (BERT)
 */
export function transformerFlops(
  { layers, width, intermediate }: { layers: number; width: number; intermediate: number },
  normsFirst: boolean,
  { tokens, read: readTokens, trains, ...step }: CountedStep,
): TrunkFlops {
  // Whether a gradient is wanted of what flows through the network, from its beginning on.
  let wanted = step.wanted || trains('positions') || trains('token_type')
  wanted ||= !normsFirst && trains('layer_norm')
  let flops = 0
  for (let layer = 0; layer < layers; layer++) {
    const [attention, feedForward] = [trains('attention', layer), trains('feed_forward', layer)]
    const norm = trains('layer_norm', layer)
    // The last layer is computed for the tokens that are read; it still looks at all of them.
    const read = layer === layers - 1 ? readTokens : tokens
    wanted ||= normsFirst && norm
    flops += product(read, width, width, wanted, attention) // queries
    flops += product(tokens, width, 2 * width, wanted, attention) // keys and values
    wanted ||= attention
    flops += 2 * product(read, width, tokens, wanted, wanted) // scores, and values mixed by them
    flops += product(read, width, width, wanted, attention)
    wanted ||= norm
    flops += product(read, width, intermediate, wanted, feedForward)
    wanted ||= feedForward
    flops += product(read, intermediate, width, wanted, feedForward)
  }
  return { flops, wanted: wanted || (normsFirst && trains('layer_norm')) }
}
