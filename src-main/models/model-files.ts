import { readFile, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { InputError, InputErrors } from '../errors'
import { openSafetensors, type SafetensorsFile } from '../tensor-files/safetensors'
import { isFloating, type TensorEntry } from '../tensor-files/safetensors-header'
import { parseStrictJson, type StrictJson } from '../tensor-files/strict-json'
import { otherWeights } from './other-weights'
import type { Trunk, TrunkFamily } from './trunk'

/** The tensors of a model directory under their names in the trunk, whichever file holds them and with what prefix. */
export interface ModelFiles {
  /** Absolute paths of the tensor files, in order. */
  readonly paths: readonly string[]
  /** Names of the tensors that the trunk uses and the files hold. */
  readonly names: ReadonlySet<string>
  read(name: string): Promise<Float32Array<ArrayBuffer>>
  /** All that the files hold, heads and unused tensors too, in their order. */
  readonly stored: readonly StoredTensor[]
}

/** A tensor as a model's file has it. */
export interface StoredTensor extends Pick<TensorEntry, 'name' | 'dtype' | 'shape'> {
  /** The trunk's parameter that it is; null where it is none. */
  readonly own: string | null
  readonly file: SafetensorsFile
}

const WHOLE = 'model.safetensors'
const INDEX = 'model.safetensors.index.json'
/** More than any honest config or index takes. */
const MAX_JSON_BYTES = 32 * 2 ** 20
const MOST_PROBLEMS = 20

/** @throws InputError where the file is missing or larger than such a file should be. */
export async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > MAX_JSON_BYTES)
      throw new InputError(`has ${size} bytes, at most ${MAX_JSON_BYTES} are read`, { file: path })
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof InputError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new InputError(code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`, {
      file: path,
    })
  }
}

/**
 * Opens a directory's tensor files (headers only) and checks that they hold this trunk: every parameter once, in its
 * shape and in floating point; tensors that are not used are known by name.
 *
 * @throws InputErrors naming each tensor that is missing, unknown or of another shape.
 */
export async function openModelFiles(
  directory: string,
  family: TrunkFamily,
  { parameters: specs }: Pick<Trunk, 'parameters'>,
): Promise<ModelFiles> {
  const files = await openShards(directory)
  const found = new Map<string, { readonly file: SafetensorsFile; readonly name: string }>()
  const ownNames = new Map<string, string>()
  const problems: InputError[] = []
  const prefixed = files.some((file) =>
    [...file.tensors.keys()].some((name) => name.startsWith(family.prefix)),
  )
  for (const file of files) {
    for (const name of file.tensors.keys()) {
      // In a file of a model with a head, what lacks the trunk's prefix is the head.
      if (prefixed && !name.startsWith(family.prefix)) continue
      const own = family.parameterName(prefixed ? name.slice(family.prefix.length) : name)
      if (found.has(own))
        problems.push(new InputError('is there a second time', { file: file.path, field: name }))
      found.set(own, { file, name })
      ownNames.set(`${file.path}\n${name}`, own)
    }
  }

  const known = new Map(specs.map((spec) => [spec.name, spec]))
  for (const [own, { file, name }] of found) {
    if (known.has(own) || family.isUnused(own)) continue
    const problem = `not a tensor of the ${family.type} trunk that config.json describes`
    problems.push(new InputError(problem, { file: file.path, field: name }))
  }
  for (const { name, shape, isOurs } of specs) {
    const held = found.get(name)
    if (held === undefined) {
      if (isOurs) continue
      problems.push(
        new InputError(`is missing, expected [${shape.join(', ')}]`, { file: directory, field: name }),
      )
      continue
    }
    const entry = held.file.tensors.get(held.name)
    if (entry === undefined) continue
    const place = { file: held.file.path, field: held.name }
    if (!equal(entry.shape, shape)) {
      const problem = `found shape [${entry.shape.join(', ')}], expected [${shape.join(', ')}] from config.json`
      problems.push(new InputError(problem, place))
    } else if (!isFloating(entry.dtype))
      problems.push(new InputError(`found type ${entry.dtype}, expected F64, F32, F16 or BF16`, place))
  }
  if (problems.length > MOST_PROBLEMS) {
    const more = problems.splice(MOST_PROBLEMS).length
    problems.push(new InputError(`${more} more problems like these`, { file: directory }))
  }
  if (problems.length > 0) throw new InputErrors(problems)

  return {
    paths: files.map(({ path }) => path),
    names: new Set([...known.keys()].filter((name) => found.has(name))),
    stored: files.flatMap((file) =>
      [...file.tensors.values()].map(({ name, dtype, shape }) => {
        const own = ownNames.get(`${file.path}\n${name}`) ?? null
        return { name, dtype, shape, file, own: own !== null && known.has(own) ? own : null }
      }),
    ),
    read: async (name) => {
      const held = found.get(name)
      if (held === undefined) throw new Error(`the model has no tensor ${name}`)
      return held.file.readFloats(held.name)
    },
  }
}

/** The same shape; extents of 1 before the others do not matter. */
const equal = (a: readonly number[], b: readonly number[]): boolean => withoutLead(a) === withoutLead(b)

const withoutLead = (shape: readonly number[]): string =>
  shape.slice(shape.findIndex((extent) => extent !== 1)).join()

/** The one tensor file, or the shards that the index names. */
async function openShards(directory: string): Promise<SafetensorsFile[]> {
  const isThere = (name: string): Promise<boolean> =>
    stat(join(directory, name)).then(
      () => true,
      () => false,
    )
  if (await isThere(WHOLE)) return [await openSafetensors(join(directory, WHOLE))]
  if (await isThere(INDEX)) return openIndexed(directory)
  const others = otherWeights(await readdir(directory), directory)
  throw new InputError(`holds ${others ?? `neither ${WHOLE} nor ${INDEX}`}`, { file: directory })
}

async function openIndexed(directory: string): Promise<SafetensorsFile[]> {
  const index = join(directory, INDEX)
  const shardOf = readWeightMap(await readText(index), index)
  const files = new Map<string, SafetensorsFile>()
  for (const shard of new Set(shardOf.values()))
    files.set(shard, await openSafetensors(join(directory, shard)))
  for (const [name, shard] of shardOf)
    if (!files.get(shard)?.tensors.has(name))
      throw new InputError(`is not in ${shard}, where the index has it`, { file: index, field: name })
  for (const [shard, file] of files)
    for (const name of file.tensors.keys())
      if (shardOf.get(name) !== shard)
        throw new InputError(`is in ${shard}, but the index does not say so`, { file: index, field: name })
  return [...files.values()]
}

function readWeightMap(text: string, file: string): Map<string, string> {
  let index: StrictJson
  try {
    index = parseStrictJson(text)
  } catch (error) {
    throw new InputError(`is not valid JSON: ${error instanceof Error ? error.message : String(error)}`, {
      file,
    })
  }
  const map = index instanceof Map ? index.get('weight_map') : undefined
  if (!(map instanceof Map))
    throw new InputError('expected an object of tensor names', { file, field: 'weight_map' })
  const shardOf = new Map<string, string>()
  for (const [name, shard] of map) {
    // A plain name: an index must not lead out of its directory.
    if (typeof shard !== 'string' || basename(shard) !== shard || !/^[^\\\0]+\.safetensors$/.test(shard))
      throw new InputError('expected the name of a .safetensors file beside the index', { file, field: name })
    shardOf.set(name, shard)
  }
  return shardOf
}
