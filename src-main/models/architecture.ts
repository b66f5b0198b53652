import { InputError } from '../errors'
import { bert, roberta } from './bert'
import { fptLnlstm } from './fpt-lnlstm'
import { gpt2 } from './gpt2'
import { lstm } from './lstm'
import type { Blueprint, TrunkFamily } from './trunk'
import { vit } from './vit'

const FAMILIES: readonly TrunkFamily[] = [bert, roberta, gpt2, vit, lstm, fptLnlstm]

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
 * The trunk that a model directory's config.json describes.
 * @throws InputError naming the field, what was found and what was expected.
 */
export function readArchitecture(text: string, file: string): { family: TrunkFamily; blueprint: Blueprint } {
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
  const family = familyOf(type, { file, field: 'model_type' })
  return { family, blueprint: family.readConfig(config, file) }
}

/**
 * A random trunk of the given shape.
 * @throws InputError naming the field.
 */
export function randomArchitecture(
  type: string,
  shape: Readonly<Record<string, number>>,
): { family: TrunkFamily; blueprint: Blueprint } {
  const family = familyOf(type, { field: 'model.kind' })
  for (const field of Object.keys(shape))
    if (!family.sizes.includes(field))
      throw new InputError(`unknown, expected ${family.sizes.join(', ')}`, { field: `model.${field}` })
  const blueprint = family.random((field, otherwise) => {
    const value = Object.hasOwn(shape, field) ? shape[field] : otherwise
    if (value === undefined) throw new InputError('is missing', { field: `model.${field}` })
    if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
      throw new InputError(`found ${value}, expected a whole number from 1 on`, { field: `model.${field}` })
    return value
  })
  return { family, blueprint }
}
