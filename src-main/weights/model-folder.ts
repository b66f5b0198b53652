import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tf } from '../engine'
import { InputError } from '../errors'
import { buildNetwork } from '../models/build'
import { openModel, type Model } from '../models/model'
import { readText } from '../models/model-files'
import type { Network } from '../models/network'
import type { RunConfig } from '../run'
import type { ModelSource } from '../study/study'
import { syncFolder, writeToDisk } from '../tensor-files/on-disk'
import { openSafetensors, streamSafetensors, type DeferredTensor } from '../tensor-files/safetensors'
import { isFloating } from '../tensor-files/safetensors-header'
import { openKept, type KeptName, type NetworkShape } from './kept-file'
import { readMe, type RunAbout } from './read-me'

/** All that it takes to write a run's network as files. */
export interface ExportOrder {
  readonly kept: KeptName & { readonly path: string }
  readonly about: RunAbout
  readonly config: RunConfig
  readonly model: ModelSource
  /** The file that weights started from; null: none. */
  readonly startFrom: string | null
  /** Absolute; made where there is none. */
  readonly folder: string
}

/** How far the writing is; bytes of tensors. */
export interface ExportProgress {
  readonly done: number
  readonly of: number
}

export const LAYERS_FILE = 'fairsweep_layers.safetensors'
export const ABOUT_FILE = 'fairsweep.json'

type Values = (name: string) => Promise<Float32Array<ArrayBuffer>>

/**
 * Writes a run's trunk as a directory that `from_pretrained` of Hugging Face's transformers reads, with its input layer,
 * its readout and what else the model's own files have no name for beside it. What trained comes from the kept weights;
 * what did not is what it was at the start, pretrained or drawn anew: a draw is a function of seed and name alone.
 *
 * Needs a loaded engine.
 * @throws {InputError} where the kept weights are damaged, or are not of this network
 */
export async function writeModelFolder(
  order: ExportOrder,
  tell: (progress: ExportProgress) => void = () => undefined,
): Promise<void> {
  const { kept, config, folder } = order
  const { file, step, shape } = await openKept(kept.path, kept)
  const model = await openModel(order.model)
  const start = order.startFrom === null ? null : await openSafetensors(order.startFrom)
  const network = buildNetwork(model, shape, config.setting, start)
  for (const { name, shape: of, trained } of network.parameters) {
    const found = file.tensors.get(name)?.shape.join()
    if (trained && found !== of.join())
      throw new InputError(`found [${found ?? 'nothing'}], expected [${of.join(', ')}]`, {
        file: kept.path,
        field: name,
      })
  }
  const first = await network.initialise([config.seed])
  const trained = new Set(network.parameters.flatMap((each) => (each.trained ? [each.name] : [])))
  const valueOf: Values = async (name) => {
    if (trained.has(name)) return file.readFloats(name)
    const tensor = first.get(name)
    if (tensor === undefined) throw new Error(`no value for the parameter '${name}'`)
    return Float32Array.from(await tensor.data<'float32'>())
  }
  try {
    const trunk = trunkTensors(model, valueOf)
    const layers = layerTensors(network, model, valueOf)
    const of = [...trunk, ...layers].reduce((sum, tensor) => sum + bytesOf(tensor), 0)
    let done = 0
    const told = (tensor: DeferredTensor): DeferredTensor => ({
      ...tensor,
      read: async () => {
        const data = await tensor.read()
        tell({ done: (done += bytesOf(tensor)), of })
        return data
      },
    })
    await mkdir(folder, { recursive: true })
    // Without the format, transformers does not take the file.
    const metadata = { format: 'pt', run: order.about.run }
    await writeToDisk(join(folder, 'model.safetensors'), streamSafetensors(trunk.map(told), metadata))
    await writeToDisk(join(folder, LAYERS_FILE), streamSafetensors(layers.map(told), metadata))
    await writeWords(order, { model, network, shape, step })
    await syncFolder(folder)
  } finally {
    tf.dispose([...first.values()])
  }
}

const bytesOf = ({ shape }: DeferredTensor): number =>
  4 * shape.reduce((product, extent) => product * extent, 1)

/** The trunk under the names of the file that it came from, with all else that is in there; in float32. */
function trunkTensors({ files, trunk }: Model, valueOf: Values): DeferredTensor[] {
  const names = new Set(trunk.parameters.map(({ name }) => name))
  if (files === null) {
    const placed = trunk.parameters.filter(({ isOurs }) => isOurs !== true)
    const ours = placed.map(({ name, shape }) => ({ name, shape, read: () => valueOf(name) }))
    const unused = trunk.saved.unused.map(({ name, shape }) => ({
      ...{ name, shape },
      read: () => Promise.resolve(new Float32Array(shape.reduce((product, extent) => product * extent, 1))),
    }))
    return [...ours, ...unused].map((tensor) => ({ ...tensor, dtype: 'F32' }))
  }
  // Layers beyond those that are used stay behind.
  const used = files.stored.filter(({ own }) => own === null || names.has(own))
  return used.map(({ name, dtype, shape, own, file }) => {
    if (own !== null) return { name, shape, dtype: 'F32', read: () => valueOf(own) }
    return isFloating(dtype)
      ? { name, shape, dtype: 'F32', read: () => file.readFloats(name) }
      : { name, shape, dtype, read: () => file.read(name) }
  })
}

/** What the model's own files have no name for: the layers around the trunk. */
function layerTensors({ parameters }: Network, { files, trunk }: Model, valueOf: Values): DeferredTensor[] {
  const placed = new Set(
    files === null
      ? trunk.parameters.flatMap(({ name, isOurs }) => (isOurs === true ? [] : name))
      : files.stored.flatMap(({ own }) => own ?? []),
  )
  return parameters
    .filter(({ name }) => !placed.has(name))
    .map(({ name, shape }) => ({ name, shape, dtype: 'F32', read: () => valueOf(name) }))
}

interface Written {
  readonly model: Model
  readonly network: Network
  readonly shape: NetworkShape
  readonly step: number
}

async function writeWords(order: ExportOrder, { model, network, shape, step }: Written): Promise<void> {
  const { folder, about, config } = order
  const save = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text)
  const document = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
  await save('config.json', document(await configOf(order, model)))
  const trained = network.parameters.filter((each) => each.trained).map(({ name }) => name)
  const network_ = { input: shape.input, output: shape.output, read_tokens: shape.readTokens }
  await save(
    ABOUT_FILE,
    document({
      ...about,
      learning_rate: config.learning_rate,
      seed: config.seed,
      step,
      network: network_,
      trained,
      config,
    }),
  )
  await save('README.md', readMe(about, { type: model.architecture.type, shape, step, config }))
}

/** The configuration that the model came with, where it came from files; its numbers are float32 now. */
async function configOf({ model: source }: ExportOrder, { trunk, architecture }: Model): Promise<object> {
  const { config, layersField } = trunk.saved
  if (source.source === 'random') return config
  const before = JSON.parse(await readText(join(source.path, 'config.json'))) as Record<string, unknown>
  const types = ['dtype', 'torch_dtype'].filter((key) => key in before)
  const changed = Object.fromEntries(types.map((key) => [key, 'float32']))
  return { ...before, ...changed, [layersField]: architecture.layers }
}
