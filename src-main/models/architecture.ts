import { InputError } from '../errors'
import { bert } from './bert'
import { gpt2 } from './gpt2'
import type { Architecture, TrunkFamily } from './trunk'

const FAMILIES: readonly TrunkFamily[] = [bert, gpt2]

/** @throws InputError where no trunk has this type. */
export function familyOf(type: unknown, place: { file?: string; field: string }): TrunkFamily {
  const family = FAMILIES.find((family) => family.type === type)
  if (family !== undefined) return family
  const known = FAMILIES.map((family) => family.type).join(', ')
  throw new InputError(
    `found ${type === undefined ? 'nothing' : JSON.stringify(type)}, expected one of ${known}`,
    place,
  )
}

/**
 * The architecture that a model directory's config.json describes.
 * @throws InputError naming the field, what was found and what was expected.
 */
export function readArchitecture(text: string, file: string): Architecture {
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch (error) {
    throw new InputError(`is not valid JSON: ${error instanceof Error ? error.message : String(error)}`, {
      file,
    })
  }
  const type =
    typeof config === 'object' && config !== null && 'model_type' in config ? config.model_type : undefined
  const architecture = familyOf(type, { file, field: 'model_type' }).readConfig(config, file)
  return checked(architecture, file)
}

const SHAPE_FIELDS = ['layers', 'width', 'heads', 'positions', 'intermediate']

/**
 * The architecture of a random trunk: layers, width and heads; positions default to the family's own, intermediate to
 * four times the width.
 * @throws InputError naming the field.
 */
export function randomArchitecture(type: string, shape: Readonly<Record<string, number>>): Architecture {
  const family = familyOf(type, { field: 'model.kind' })
  for (const field of Object.keys(shape))
    if (!SHAPE_FIELDS.includes(field))
      throw new InputError(`unknown, expected ${SHAPE_FIELDS.join(', ')}`, { field: `model.${field}` })
  const size = (field: string, otherwise?: number): number => {
    const value = Object.hasOwn(shape, field) ? shape[field] : otherwise
    if (value === undefined) throw new InputError('is missing', { field: `model.${field}` })
    if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
      throw new InputError(`found ${value}, expected a whole number from 1 on`, { field: `model.${field}` })
    return value
  }
  const width = size('width')
  return checked({
    type,
    layers: size('layers'),
    width,
    heads: size('heads'),
    positions: size('positions', family.defaultPositions),
    intermediate: size('intermediate', 4 * width),
    tokenTypes: 2,
    layerNormEpsilon: family.defaultEpsilon,
    activation: family.defaultActivation,
    initialDeviation: 0.02,
  })
}

function checked(architecture: Architecture, file?: string): Architecture {
  const { width, heads } = architecture
  if (width % heads === 0) return architecture
  throw new InputError(`the width ${width} is not a multiple of the ${heads} heads`, {
    file,
    field: file === undefined ? 'model.heads' : undefined,
  })
}
