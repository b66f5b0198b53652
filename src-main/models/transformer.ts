import { InputError } from '../errors'
import type { Architecture, SizeOf } from './trunk'

/** Sizes and constants of a transformer, whatever its family calls them in its config.json. */
export interface TransformerArchitecture extends Architecture {
  readonly heads: number
  readonly positions: number
  /** Width of the feed-forward layer's inside. */
  readonly intermediate: number
  readonly layerNormEpsilon: number
  readonly activation: 'gelu' | 'gelu-tanh'
  /** Standard deviation of freshly drawn weights. */
  readonly initialDeviation: number
}

export const TRANSFORMER_SIZES = ['layers', 'width', 'heads', 'positions', 'intermediate'] as const

/**
 * A random transformer: layers, width and heads; positions default to the family's own, intermediate to four times the
 * width.
 * @throws InputError naming the field.
 */
export function randomTransformer(
  size: SizeOf<(typeof TRANSFORMER_SIZES)[number]>,
  family: Pick<TransformerArchitecture, 'type' | 'positions' | 'layerNormEpsilon' | 'activation'>,
): TransformerArchitecture {
  const width = size('width')
  return withWholeHeads({
    ...family,
    layers: size('layers'),
    width,
    heads: size('heads'),
    positions: size('positions', family.positions),
    intermediate: size('intermediate', 4 * width),
    initialDeviation: 0.02,
  })
}

/** @throws InputError where the heads do not divide the width. */
export function withWholeHeads<A extends TransformerArchitecture>(architecture: A, file?: string): A {
  const { width, heads } = architecture
  if (width % heads === 0) return architecture
  throw new InputError(`the width ${width} is not a multiple of the ${heads} heads`, {
    file,
    field: file === undefined ? 'model.heads' : undefined,
  })
}
