import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { InputError } from '../errors'
import { describeModel, openModel } from '../models/model'
import type { ModelDescription } from '../models/model'
import type { ModelIdentity } from '../run'
import type { ModelSource } from '../study/study'
import type { FileHashes } from './file-hashes'

/** A model directory's files by hash, after checking (headers only) that they are the trunk that config.json describes. */
export async function identifyModel(
  folder: string,
  hashes: FileHashes,
  layers?: number,
): Promise<{ identity: ModelIdentity; source: ModelSource; facts: ModelDescription }> {
  const found = await stat(folder).catch(() => null)
  if (found === null) throw new InputError(`there is no folder ${folder}`, { field: 'model.path' })
  if (!found.isDirectory()) {
    throw new InputError(`${folder} is a file, expected a folder with config.json and model.safetensors`, {
      field: 'model.path',
    })
  }
  const asked: ModelSource = { source: 'directory', path: folder, ...(layers !== undefined && { layers }) }
  const model = await openModel(asked)
  // All of a model's layers are the model, whether they were asked for by number or not.
  const cut = model.isCut ? { layers: model.architecture.layers } : {}
  const source: ModelSource = { source: 'directory', path: folder, ...cut }
  const files: Record<string, string> = {}
  for (const path of [join(folder, 'config.json'), ...(model.files?.paths ?? [])]) {
    files[basename(path)] = await hashes.of(path)
  }
  return {
    identity: { source: 'directory', type: model.architecture.type, files, ...cut },
    source,
    facts: describeModel(model),
  }
}
