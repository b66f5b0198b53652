import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { tf } from '../../src-main/engine'
import { installation } from '../../src-main/installation'
import { openModel, type Model } from '../../src-main/models/model'
import { openSafetensors, type SafetensorsFile } from '../../src-main/tensor-files/safetensors'
import type { NetworkTask } from '../../src-main/models/build'
import type { Network } from '../../src-main/models/network'
import { PARTS, type Setting } from '../../src-main/run'
import type { Batch } from '../../src-main/tasks/task'

/** One case of `generate.py`, whose head says what it holds. */
export interface Reference {
  readonly model: Model
  readonly file: SafetensorsFile
  readonly task: NetworkTask
  /** S, B: how many batches, of how many examples. */
  readonly batches: number
  readonly examples: number
  values(name: string): Promise<Float32Array>
  labels(): Promise<Int32Array>
}

export const PARITY_CASES = [
  'tiny-bert',
  'tiny-roberta',
  'tiny-gpt2',
  'tiny-vit',
  'tiny-lstm',
  'tiny-fpt_lnlstm',
  'minilm-l6',
] as const

/** The model directory of a case; the pretrained trunk is in the cache that set-up fills. */
export function modelDirectory(name: (typeof PARITY_CASES)[number]): string {
  if (name !== 'minilm-l6') return join(import.meta.dirname, name)
  return join(installation.models, name)
}

export const isModelThere = (name: (typeof PARITY_CASES)[number]): boolean =>
  existsSync(join(modelDirectory(name), 'config.json'))

export async function openReference(name: (typeof PARITY_CASES)[number]): Promise<Reference> {
  const file = await openSafetensors(join(import.meta.dirname, name, 'reference.safetensors'))
  const [batches = 0, examples = 0, tokens = 0, width = 0] = file.tensors.get('x')?.shape ?? []
  const count = file.tensors.get('out.bias')?.shape[0] ?? 0
  return {
    model: await openModel({ source: 'directory', path: modelDirectory(name) }),
    file,
    task: { input: { kind: 'vectors', tokens, width }, output: { kind: 'classes', count }, readTokens: 1 },
    batches,
    examples,
    values: (name) => file.readFloats(name),
    labels: async () => (await file.read('y')) as Int32Array,
  }
}

export const SETTINGS: Readonly<Record<'frozen' | 'unfrozen', Setting>> = {
  frozen: {
    name: 'frozen-pretrained',
    init: 'pretrained',
    train: ['input', 'output', 'layer_norm', 'positions'],
  },
  unfrozen: { name: 'unfrozen-pretrained', init: 'pretrained', train: [...PARTS] },
}

/** The network, with the reference's first values in its input layer and readout. */
export function withFirstValues(network: Network, reference: Reference): Network {
  return {
    ...network,
    async initialise(seeds) {
      const initial = await network.initialise(seeds)
      for (const name of ['in.weight', 'in.bias', 'out.weight', 'out.bias']) {
        const shape = reference.file.tensors.get(name)?.shape ?? []
        const values = await reference.values(name)
        initial.get(name)?.dispose()
        initial.set(
          name,
          tf.tidy(() => tf.stack(seeds.map(() => tf.tensor(values, [...shape])))),
        )
      }
      return initial
    },
  }
}

/** Batches by step (from 1), as the reference took them. */
export async function batchesOf({
  batches,
  examples,
  ...reference
}: Reference): Promise<(step: number) => Batch> {
  const x = await reference.values('x')
  const y = await reference.labels()
  const size = x.length / batches
  return (step) => {
    const at = (step - 1) % batches
    return {
      size: examples,
      x: x.slice(at * size, (at + 1) * size),
      lengths: null,
      y: y.slice(at * examples, (at + 1) * examples),
    }
  }
}
