import { basename, join } from 'node:path'
import { InputError } from '../errors'
import type { Installation } from '../installation'
import { buildNetwork } from '../models/build'
import { describeModel, openModel } from '../models/model'
import type { ModelDescription } from '../models/model'
import { openSafetensors } from '../tensor-files/safetensors'
import type { ModelIdentity, TaskIdentity } from '../run'
import { suggestion } from '../study/problems'
import type { Sources } from '../study/plan'
import type { ModelSource, ModelSpec, TaskSource, TaskSpec } from '../study/study'
import { openTask } from '../tasks'
import { splitTask } from '../tasks/split'
import type { Split, Task } from '../tasks/task'
import { AddedShelf } from './added-shelf'
import { readCatalogue } from './catalogue'
import type { Download } from './catalogue'
import type { Transfer } from './fetched-file'
import { FileHashes } from './file-hashes'
import { readHubName } from './hub'
import { identifyModel } from './model-identity'
import { ModelShelf } from './model-shelf'
import type { InstalledModel } from './model-shelf'
import { DataShelf } from './data-shelf'
import type { InstalledData } from './data-shelf'
import { progressOver } from './verification'
import type { Verification } from './verification'
import { filesOf, PLACE_OPTIONS } from './task-data'

export type { Download, InstalledData, InstalledModel, Transfer, Verification }

/** What a library holds. */
export type Holding = 'model' | 'data'

/** What a task is like, without its examples. */
export type TaskFacts = Pick<Task, 'input' | 'output' | 'readTokens'> & {
  readonly sizes: { readonly train: number; readonly validation: number | null; readonly test: number }
}

/** Models and data that studies may name: what set-up brought, and what was added to the workspace. */
export interface Library extends Sources {
  task(spec: TaskSpec): Promise<{ identity: TaskIdentity; source: TaskSource; facts: TaskFacts }>
  model(spec: ModelSpec): Promise<{ identity: ModelIdentity; source: ModelSource; facts: ModelDescription }>
  /** `reread`: hash every file again, whatever is remembered of it. */
  models(options?: { readonly reread?: boolean }): Promise<InstalledModel[]>
  data(options?: { readonly reread?: boolean }): Promise<InstalledData[]>
  /** Copies a Hugging Face directory into the workspace. @throws {InputError} when it is no model that can be used. */
  addModel(folder: string, name?: string): Promise<InstalledModel>
  /** Copies a folder with the files of a data set, or CIFAR-10's archive, into the workspace. */
  addData(place: string, name?: string): Promise<InstalledData>
  /**
   * Fetches a model from the Hugging Face hub (`NAME` or `NAME@REVISION`), or a data set from its official address, telling
   * how far it is. What was fetched stays for the next attempt.
   * @throws {InputError} in a sentence, whatever is wrong
   */
  fetchModel(
    hubName: string,
    name: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Transfer, InstalledModel>
  fetchData(
    what: string,
    name: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Transfer, InstalledData>
  /** Data sets that `fetchData` knows. */
  readonly downloads: readonly Download[]
  /**
   * Removes a model or data set that was added; `restore` brings it back until `purge`.
   * @throws {InputError} when there is none of that name, or set-up brought it
   */
  remove(what: Holding, name: string): Promise<void>
  restore(what: Holding, name: string): Promise<void>
  /** What was removed is gone for good. */
  purge(): Promise<void>
  /** Hashes the files of a model or data set again, telling how far it is; the lists know the outcome then. */
  verify(what: Holding, name: string): AsyncGenerator<Verification>
}

export interface LibraryOptions {
  /** The workspace's folder, absolute. */
  readonly workspace: string
  readonly installation: Pick<Installation, 'root' | 'resources' | 'cache' | 'unpacked' | 'models'>
  /** Called after something was added, removed, brought back or verified. */
  readonly changed?: () => void
}

/** A task of which only the sizes are known: enough to see whether it can be split as asked. */
function withoutExamples({ train, validation, test }: TaskFacts['sizes']): Task {
  const split = (size: number): Split => ({
    size,
    batch: () => ({ size: 0, x: new Float32Array(), lengths: null, y: new Int32Array() }),
  })
  return {
    input: { kind: 'vectors', tokens: 0, width: 0 },
    output: { kind: 'classes', count: 0 },
    readTokens: 1,
    train: split(train),
    validation: validation === null ? null : split(validation),
    test: split(test),
  }
}

export async function openLibrary({
  workspace,
  installation,
  changed = () => undefined,
}: LibraryOptions): Promise<Library> {
  const catalogue = await readCatalogue(installation.resources)
  const hashes = new FileHashes(join(installation.cache, 'hashes.json'))
  const added = {
    model: new AddedShelf(join(workspace, 'models'), 'model', 'models'),
    data: new AddedShelf(join(workspace, 'data'), 'data set', 'data'),
  }
  const shelf = new ModelShelf(added.model, installation.models, catalogue.models, hashes)
  const dataShelf = new DataShelf(added.data, installation.root, catalogue.data, catalogue.downloads, hashes)
  const facts = new Map<string, TaskFacts>()

  /** Opens the task once for each content of its files, so that a faulty file stops a plan and not its runs. */
  const factsOf = async (identity: TaskIdentity, source: TaskSource): Promise<TaskFacts> => {
    const key = JSON.stringify(identity)
    const known = facts.get(key)
    if (known !== undefined) return known
    const { input, output, readTokens, train, validation, test } = await openTask(
      source,
      installation.unpacked,
    )
    const sizes = { train: train.size, validation: validation?.size ?? null, test: test.size }
    const found = { input, output, readTokens, sizes }
    facts.set(key, found)
    return found
  }

  /** How a trunk of the ready-made studies is brought; null: it is none. */
  const onHub = (name: string): string | null => {
    const repo = Object.hasOwn(catalogue.hub, name) ? catalogue.hub[name] : undefined
    if (repo === undefined) return null
    const as = basename(repo) === name ? '' : ` --name ${name}`
    return `\`models add ${repo}${as}\` fetches it from the Hugging Face hub, or say where it is: {path: DIR}`
  }

  const pathOf = async (name: string): Promise<string> => {
    const path = await shelf.pathOf(name)
    if (path !== null) return path
    const names = await shelf.names()
    const brought = catalogue.models.some((entry) => entry.name === name)
    const advice = brought
      ? 'run `npm run setup`, which brings it'
      : (onHub(name) ??
        `expected ${[...names, '{path: DIR}'].join(' or ')}${suggestion(name, names)}; \`models add\` brings one from a folder or the Hugging Face hub`)
    throw new InputError(`no model "${name}" is installed; ${advice}`, { field: 'model' })
  }

  const task: Library['task'] = async (spec) => {
    const files = await filesOf(await dataShelf.placed(spec), installation.root)
    const options = Object.fromEntries(
      Object.entries(spec.options).filter(([key]) => !PLACE_OPTIONS.includes(key)),
    )
    const data: Record<string, string> = {}
    for (const [role, file] of Object.entries(files)) data[role] = await hashes.of(file)
    const identity = { kind: spec.kind, options, data }
    const source = { kind: spec.kind, options, files }
    return { identity, source, facts: await factsOf(identity, source) }
  }

  const model: Library['model'] = async (spec) => {
    if (spec.from === 'random') {
      const source: ModelSource = { source: 'random', type: spec.type, shape: spec.shape }
      return { identity: source, source, facts: describeModel(await openModel(source)) }
    }
    const path = spec.from === 'directory' ? spec.path : await pathOf(spec.installed ?? spec.name)
    return identifyModel(path, hashes, spec.layers)
  }

  const modelFiles = async (name: string): Promise<string[]> => {
    const path = await pathOf(name)
    const { files } = await openModel({ source: 'directory', path })
    return [join(path, 'config.json'), ...(files?.paths ?? [])]
  }

  const told = async <T>(work: Promise<T>): Promise<T> => {
    const outcome = await work
    changed()
    return outcome
  }

  return {
    task,
    downloads: catalogue.downloads,

    async checkOptions(spec, { training, validation }, test, selection) {
      const { sizes, input, output } = (await task(spec)).facts
      if (input.paddedTo !== undefined && !training.shuffle)
        throw new InputError(
          `found false, expected true: batches of ${spec.name} are made by length, so they cannot come in file order; its option \`batches: mixed\` can`,
          { field: 'training.shuffle' },
        )
      if (output.kind === 'values') {
        for (const [field, { metric }] of Object.entries({ validation, selection })) {
          if (metric === 'loss') continue
          throw new InputError(
            `found ${metric}, expected loss: the answers of ${spec.name} are numbers, of which none is right or wrong`,
            { field: `${field}.metric` },
          )
        }
        if (training.label_smoothing > 0)
          throw new InputError(
            `found ${training.label_smoothing}, expected 0: the answers of ${spec.name} are numbers, and there are no classes to spread a target over`,
            { field: 'training.label_smoothing' },
          )
      }
      splitTask(withoutExamples(sizes), validation, test)
    },

    model,

    async startFrom(file, study) {
      const sha256 = await hashes.of(file)
      const start = await openSafetensors(file)
      for (const taskSpec of study.tasks) {
        const { facts } = await task(taskSpec)
        for (const modelSpec of study.models) {
          const opened = await openModel((await model(modelSpec)).source)
          for (const setting of study.settings) buildNetwork(opened, facts, setting, start)
        }
      }
      return sha256
    },

    async models({ reread = false } = {}) {
      if (reread) await hashes.forget()
      return shelf.list()
    },

    async data({ reread = false } = {}) {
      if (reread) await hashes.forget()
      return dataShelf.list()
    },

    addModel: (folder, name) => told(shelf.add(folder, name)),
    addData: (folder, name) => told(dataShelf.add(folder, name)),
    async *fetchModel(hubName, name, signal) {
      const found = readHubName(hubName)
      if (found === null)
        throw new InputError(`found '${hubName}', expected a name on the hub such as openai-community/gpt2`, {
          field: 'models add',
        })
      const model = yield* shelf.fetch(found, name, signal)
      changed()
      return model
    },
    async *fetchData(what, name, signal) {
      const data = yield* dataShelf.fetch(what, name, signal)
      changed()
      return data
    },
    remove: (what, name) => told((what === 'model' ? shelf : dataShelf).remove(name)),
    restore: (what, name) => told(added[what].restore(name)),
    async purge() {
      await added.model.purge()
      await added.data.purge()
    },

    async *verify(what, name) {
      yield* progressOver(what === 'data' ? await dataShelf.filesOf(name) : await modelFiles(name), hashes)
      changed()
    },
  }
}
