import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors'
import type { Parameter } from '../models/network'
import type { TaskInput, TaskOutput } from '../tasks/task'
import { sha256Of, syncFolder, writeToDisk } from '../tensor-files/on-disk'
import { encodeSafetensors, openSafetensors, type SafetensorsFile } from '../tensor-files/safetensors'

/**
 * The trained weights of a complete run, as of the step that validation chose: one safetensors file a run, under the names
 * of the parameters, so that it can be a `start_from` too. The file's name holds the SHA-256 of its content: one rename
 * makes both known, and any reader can check it.
 */

const FORMAT = 'fairsweep weights 1'
const NAME = /^([0-9a-f]{12})\.([0-9a-f]{64})\.safetensors$/

/** A file of kept weights, as its name tells. */
export interface KeptName {
  readonly run: string
  readonly sha256: string
}

export function readKeptName(file: string): KeptName | null {
  const [, run, sha256] = NAME.exec(file) ?? []
  return run === undefined || sha256 === undefined ? null : { run, sha256 }
}

/** What a network reads and answers, as far as its layers depend on it. */
export interface NetworkShape {
  readonly input: TaskInput
  readonly output: TaskOutput
  readonly readTokens: number
}

export interface KeptWeights {
  readonly run: string
  /** The step that they are of. */
  readonly step: number
  readonly shape: NetworkShape
  /** Those that trained. */
  readonly parameters: readonly Pick<Parameter, 'name' | 'shape'>[]
  readonly values: ReadonlyMap<string, Float32Array>
}

/** Writes the weights of a run, in the place of what was kept of it before. */
export async function writeKept(folder: string, kept: KeptWeights): Promise<void> {
  const { run, step, shape, parameters, values } = kept
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const blocks = encodeSafetensors(
    parameters.map(({ name, shape: of }) => {
      const data = values.get(name)
      if (data === undefined) throw new Error(`no values for parameter '${name}'`)
      return { name, shape: of, data: data as Float32Array<ArrayBuffer> }
    }),
    { format: FORMAT, run, step: String(step), network: JSON.stringify(shape) },
  )
  const unfinished = join(folder, `${run}.unfinished`)
  const name = `${run}.${await writeToDisk(unfinished, blocks)}.safetensors`
  const before = (await readdir(folder)).filter((file) => readKeptName(file)?.run === run && file !== name)
  await rename(unfinished, join(folder, name))
  await syncFolder(folder)
  for (const file of before) await rm(join(folder, file), { force: true })
}

const inputSchema = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('vectors'), tokens: z.int(), width: z.int() }),
  z.looseObject({ kind: z.literal('tokens'), tokens: z.int(), vocabulary: z.int() }),
])
const outputSchema = z.looseObject({ kind: z.enum(['classes', 'bits', 'values']), count: z.int() })
const shapeSchema = z.object({ input: inputSchema, output: outputSchema, readTokens: z.int() })

/**
 * Opens kept weights after checking every byte.
 * @throws {InputError} where the file is damaged or is not what its name says
 */
export async function openKept(
  path: string,
  { run, sha256 }: KeptName,
): Promise<{ file: SafetensorsFile; step: number; shape: NetworkShape }> {
  if ((await sha256Of(path)) !== sha256)
    throw new InputError('its content does not have the SHA-256 of its name: it is damaged', { file: path })
  const file = await openSafetensors(path)
  const { metadata } = file
  if (metadata.get('format') !== FORMAT || metadata.get('run') !== run)
    throw new InputError(`expected the format '${FORMAT}' of run ${run}`, { file: path })
  const shape: NetworkShape = shapeSchema.parse(JSON.parse(metadata.get('network') ?? ''))
  return { file, step: Number(metadata.get('step')), shape }
}
