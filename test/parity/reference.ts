import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { installation } from '../../src-main/installation'
import { openModel, type Model } from '../../src-main/models/model'
import { openSafetensors, type SafetensorsFile } from '../../src-main/tensor-files/safetensors'
import type { NetworkTask } from '../../src-main/models/build'
import { PARTS, type Setting } from '../../src-main/run'

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

export const PARITY_CASES = ['tiny-bert', 'tiny-roberta', 'tiny-gpt2', 'tiny-vit', 'minilm-l6'] as const

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
