import { join } from 'node:path'
import type { ModelSource } from '../study/study'
import { InputError } from '../errors'
import { randomArchitecture, readArchitecture } from './architecture'
import { countParameters } from './freeze'
import { openModelFiles, readText, type ModelFiles } from './model-files'
import type { Architecture, Trunk, TrunkFamily } from './trunk'

/** A trunk that networks can be built on: its shape, and its pretrained tensors where it has any. */
export interface Model {
  readonly architecture: Architecture
  readonly trunk: Trunk
  readonly family: TrunkFamily
  /** Null: there is nothing to pretrain from, only random first values. */
  readonly files: ModelFiles | null
  /** The files hold more layers than are used. */
  readonly isCut: boolean
}

/**
 * Opens a model: reads config.json and the headers of the tensor files, no weights.
 * @throws InputError where the directory is not a whole model that we know, naming file and field.
 */
export async function openModel(source: ModelSource): Promise<Model> {
  if (source.source === 'random') {
    const { family, blueprint } = randomArchitecture(source.type, source.shape)
    const trunk = blueprint.build(blueprint.layers)
    return { architecture: trunk.architecture, trunk, family, files: null, isCut: false }
  }
  const config = join(source.path, 'config.json')
  const { family, blueprint } = readArchitecture(await readText(config), config)
  const layers = source.layers ?? blueprint.layers
  if (layers > blueprint.layers)
    throw new InputError(`found ${layers}, but ${config} describes ${blueprint.layers} layers`, {
      field: 'model.layers',
    })
  // The files hold all layers, however many are used.
  const whole = blueprint.build(blueprint.layers)
  const files = await openModelFiles(source.path, family, whole)
  const trunk = blueprint.build(layers)
  return { architecture: trunk.architecture, trunk, family, files, isCut: layers < blueprint.layers }
}

/** A model in a few numbers, for lists and dry runs. */
export interface ModelDescription {
  readonly type: string
  readonly layers: number
  readonly width: number
  /** Null where nothing attends. */
  readonly heads: number | null
  /** Longest sequence; null where any length will do. */
  readonly positions: number | null
  /** Numbers in the trunk that can train; unused embeddings are not counted. */
  readonly parameters: number
  readonly pretrained: boolean
}

export function describeModel({ architecture, trunk, files }: Model): ModelDescription {
  const { type, layers, width, heads, positions } = architecture
  const { total } = countParameters(trunk.parameters.map((spec) => ({ ...spec, trained: false })))
  return { type, layers, width, heads, positions, parameters: total, pretrained: files !== null }
}
