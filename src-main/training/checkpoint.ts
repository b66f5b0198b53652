import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Parameter } from '../models/network'
import type { TrainingOptions } from '../run'
import { sha256Of, syncFolder, writeToDisk } from '../tensor-files/on-disk'
import {
  openSafetensors,
  streamSafetensors,
  type DeferredTensor,
  type SafetensorsFile,
} from '../tensor-files/safetensors'
import type { BestStepState } from './best-step'
import type { Readings, RunTensors } from './group'
import { optimizerOf, type Optimizer, type OptimizerPart } from './optimizer'
import { partOf } from './stepper'

/** Everything that a run needs to go on as if it had never stopped; its data order and dropout follow from the step. */
export interface Checkpoint {
  readonly step: number
  readonly best: BestStepState
  readonly tensors: RunTensors
  /** The weights of the best step; null before the first evaluation. */
  readonly bestWeights: ReadonlyMap<string, Float32Array> | null
}

/** A checkpoint that is to be written: values are read when their turn comes. */
export interface CheckpointToWrite extends Pick<Checkpoint, 'step' | 'best'> {
  readonly tensors: Readonly<{ weights: Readings } & Partial<Record<OptimizerPart, Readings>>>
  readonly bestWeights: Readings | null
}

const FORMAT = 'fairsweep checkpoint 1'
const KEPT = 2
/** The name holds step and SHA-256 of the content: one rename makes both known, and any reader can check the file. */
const NAME = /^step-(\d{9})\.([0-9a-f]{64})\.safetensors$/
const UNFINISHED = '.unfinished'
/**
 * Where the best step's weights stand in a file. A run's weights stand under the parameters' plain names, what the
 * optimizer remembers under its own and PyTorch's: `adam/exp_avg/…`.
 */
const BEST = 'best/'

/** The checkpoints of one run: safetensors files of which the newest two are kept. */
export class CheckpointFolder {
  readonly #trained: readonly Parameter[]
  readonly #optimizer: Optimizer

  constructor(
    private readonly path: string,
    private readonly run: string,
    parameters: readonly Parameter[],
    training: TrainingOptions,
  ) {
    this.#trained = parameters.filter(({ trained }) => trained)
    this.#optimizer = optimizerOf(training)
  }

  /** The newest checkpoint that is whole; `warn` hears of each that is not. Null: there is none. */
  async newest(warn: (message: string) => void): Promise<Checkpoint | null> {
    await mkdir(this.path, { recursive: true })
    for (const file of await this.#files()) {
      try {
        return await this.#read(file)
      } catch (error) {
        warn(`checkpoint ${file} is passed over: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    return null
  }

  /**
   * Writes a checkpoint beside the others; it is on disk when this resolves, but is not the one to resume from before
   * `publish`.
   */
  async write(checkpoint: CheckpointToWrite): Promise<{ publish(): Promise<void> }> {
    const unfinished = join(this.path, `step-${checkpoint.step}${UNFINISHED}`)
    const sha256 = await writeToDisk(unfinished, this.#encode(checkpoint))
    const name = `step-${String(checkpoint.step).padStart(9, '0')}.${sha256}.safetensors`
    return {
      publish: async () => {
        await rename(unfinished, join(this.path, name))
        await syncFolder(this.path)
        await this.#prune()
      },
    }
  }

  /** Names of the checkpoints, newest first. */
  async #files(): Promise<string[]> {
    const names = await readdir(this.path)
    return names.filter((name) => NAME.test(name)).sort((a, b) => (a < b ? 1 : -1))
  }

  async #prune(): Promise<void> {
    const names = await readdir(this.path)
    const old = (await this.#files()).slice(KEPT)
    for (const name of [...old, ...names.filter((name) => name.endsWith(UNFINISHED))]) {
      await rm(join(this.path, name), { force: true })
    }
  }

  #encode({ step, best, tensors, bestWeights }: CheckpointToWrite): AsyncIterable<Uint8Array> {
    const named = (prefix: string, values: Readings): DeferredTensor[] =>
      this.#trained.map(({ name, shape }) => {
        const value = values.get(name)
        if (value === undefined) throw new Error(`no values for parameter '${name}'`)
        const read = (): Promise<Float32Array<ArrayBuffer>> =>
          Promise.resolve((typeof value === 'function' ? value() : value) as Float32Array<ArrayBuffer>)
        return { name: prefix + name, dtype: 'F32', shape, read }
      })
    return streamSafetensors(
      [
        ...named('', tensors.weights),
        ...this.#optimizer.parts.flatMap((part) => named(this.#prefixOf(part), partOf(tensors, part))),
        ...(bestWeights === null ? [] : named(BEST, bestWeights)),
      ],
      { format: FORMAT, run: this.run, step: String(step), best_step: JSON.stringify(best) },
    )
  }

  async #read(name: string): Promise<Checkpoint> {
    const path = join(this.path, name)
    const [, , expected] = NAME.exec(name) ?? []
    if ((await sha256Of(path)) !== expected)
      throw new Error('its content does not have the SHA-256 of its name')
    const file = await openSafetensors(path)
    if (file.metadata.get('format') !== FORMAT) throw new Error(`expected the format '${FORMAT}'`)
    if (file.metadata.get('run') !== this.run)
      throw new Error(`it belongs to run ${file.metadata.get('run')}`)
    const best = JSON.parse(file.metadata.get('best_step') ?? '') as BestStepState
    const remembered: Partial<Record<OptimizerPart, Map<string, Float32Array>>> = {}
    for (const part of this.#optimizer.parts) {
      remembered[part] = await this.#values(file, this.#prefixOf(part))
    }
    return {
      step: Number(file.metadata.get('step')),
      best,
      tensors: {
        weights: await this.#values(file, ''),
        ...remembered,
      },
      bestWeights: best.best === null ? null : await this.#values(file, BEST),
    }
  }

  #prefixOf(part: OptimizerPart): string {
    return `${this.#optimizer.name}/${part}/`
  }

  async #values(file: SafetensorsFile, prefix: string): Promise<Map<string, Float32Array>> {
    const values = new Map<string, Float32Array>()
    for (const { name, shape } of this.#trained) {
      const found = file.tensors.get(prefix + name)?.shape
      if (found?.join() !== shape.join()) {
        throw new Error(
          `${prefix}${name} has shape [${found?.join(', ')}], the network's is [${shape.join(', ')}]`,
        )
      }
      values.set(name, await file.readFloats(prefix + name))
    }
    return values
  }
}
