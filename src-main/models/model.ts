import { join } from 'node:path'
import type { ModelSource } from '../study/study'
import { familyOf, randomArchitecture, readArchitecture } from './architecture'
import { countParameters } from './freeze'
import { openModelFiles, readText, type ModelFiles } from './model-files'
import type { Architecture, Trunk } from './trunk'

/** A trunk that networks can be built on: its shape, and its pretrained tensors where it has any. */
export interface Model {
  readonly architecture: Architecture
  readonly trunk: Trunk
  /** What tensor names begin with in files of models with a head. */
  readonly prefix: string
  /** Null: there is nothing to pretrain from, only random first values. */
  readonly files: ModelFiles | null
}

/**
 * Opens a model: reads config.json and the headers of the tensor files, no weights.
 * @throws InputError where the directory is not a whole model that we know, naming file and field.
 */
export async function openModel(source: ModelSource): Promise<Model> {
  if (source.source === 'random') {
    const architecture = randomArchitecture(source.type, source.shape)
    const { trunk, prefix } = familyOf(source.type, { field: 'model.kind' })
    return { architecture, trunk: trunk(architecture), prefix, files: null }
  }
  const config = join(source.path, 'config.json')
  const architecture = readArchitecture(await readText(config), config)
  const family = familyOf(architecture.type, { file: config, field: 'model_type' })
  const trunk = family.trunk(architecture)
  const files = await openModelFiles(source.path, family, trunk.parameters)
  return { architecture, trunk, prefix: family.prefix, files }
}

/** A model in a few numbers, for lists and dry runs. */
export interface ModelDescription {
  readonly type: string
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly positions: number
  /** Numbers in the trunk that can train; unused embeddings are not counted. */
  readonly parameters: number
  readonly pretrained: boolean
}

export function describeModel({ architecture, trunk, files }: Model): ModelDescription {
  const { type, layers, width, heads, positions } = architecture
  const { total } = countParameters(trunk.parameters.map((spec) => ({ ...spec, trained: false })))
  return { type, layers, width, heads, positions, parameters: total, pretrained: files !== null }
}
