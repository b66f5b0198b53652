import type { TaskInput } from '../tasks/task'
import type { Parameter } from './network'
import type { Architecture } from './trunk'

/** What a network computes for one example, beside its parameters. */
export interface NetworkExtent {
  readonly architecture: Pick<Architecture, 'layers' | 'width' | 'intermediate'>
  /** Layer norms stand before attention and feed-forward (GPT-2), not behind them (BERT). */
  readonly normsFirst: boolean
  readonly input: TaskInput
  /** R */
  readonly readTokens: number
  /** C: outputs of each token read. */
  readonly outputs: number
}

/**
 * Floating-point operations of one training step for one example of one run: the matrix products of its forward and
 * backward pass, 2 for each multiply-add. What costs less than a product (sums, norms, activations, softmax, dropout,
 * Adam) is left out, as usual (Chowdhery et al. 2022, appendix B). The backward pass has a product for every operand
 * that a gradient must reach, so a frozen weight saves one, and a frozen beginning of the network saves two.
 */
export function trainingFlops(extent: NetworkExtent, parameters: readonly Parameter[]): number {
  const { architecture, normsFirst, input, readTokens, outputs } = extent
  const { layers, width, intermediate } = architecture
  const { tokens } = input
  const trains = (part: Parameter['part'], layer: number | null = null): boolean =>
    parameters.some((parameter) => parameter.part === part && parameter.layer === layer && parameter.trained)
  /** rows × inner × columns, once forward and once for each operand whose gradient is wanted. */
  const product = (rows: number, inner: number, columns: number, ...wanted: readonly boolean[]): number =>
    2 * rows * inner * columns * (1 + wanted.filter(Boolean).length)

  const entering = input.kind === 'vectors' ? product(tokens, input.width, width, trains('input')) : 0
  // Whether a gradient is wanted of what flows through the network, from its beginning on.
  let wanted = trains('input') || trains('positions') || trains('token_type')
  wanted ||= !normsFirst && trains('layer_norm')
  let flops = entering
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
  wanted ||= normsFirst && trains('layer_norm')
  return flops + product(readTokens, width, outputs, wanted, trains('output'))
}
