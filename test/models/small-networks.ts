import { join } from 'node:path'
import { tf, type Tensor } from '../../src-main/engine'
import type { NetworkTask } from '../../src-main/models/build'
import { openModel, type Model } from '../../src-main/models/model'
import type { Setting } from '../../src-main/run'

export const TRANSFORMERS = ['bert', 'gpt2', 'vit'] as const
export const RECURRENT = ['lstm', 'fpt_lnlstm'] as const
export const KINDS = [...TRANSFORMERS, ...RECURRENT] as const
export const isRecurrent = (type: string): boolean => RECURRENT.some((kind) => kind === type)
/** The sizes of a small random trunk. */
export const shapeOf = (type: string): Record<string, number> =>
  isRecurrent(type) ? { layers: 2, width: 8 } : { layers: 2, width: 8, heads: 2, positions: 6 }
export const random = (type: string): Promise<Model> =>
  openModel({ source: 'random', type, shape: shapeOf(type) })
export const pretrained = (type: string): Promise<Model> =>
  openModel({ source: 'directory', path: join(import.meta.dirname, `../parity/tiny-${type}`) })

export const vectors: NetworkTask = {
  input: { kind: 'vectors', tokens: 5, width: 3 },
  output: { kind: 'classes', count: 4 },
  readTokens: 1,
}
export const words: NetworkTask = { ...vectors, input: { kind: 'tokens', tokens: 5, vocabulary: 7 } }
export const setting = (init: Setting['init'], ...train: Setting['train']): Setting => ({
  name: `${init}-s`,
  init,
  train,
})
export const FROZEN = ['input', 'output', 'layer_norm', 'positions'] as const

/** x for `runs` runs of 2 examples, every run its own. */
export function inputs(task: NetworkTask, runs: number): Tensor {
  const { input } = task
  if (input.kind === 'vectors') {
    const values = Array.from({ length: runs * 2 * input.tokens * input.width }, (_, i) => Math.sin(i * i))
    return tf.tensor(values, [runs, 2, input.tokens, input.width])
  }
  const values = Array.from({ length: runs * 2 * input.tokens }, (_, i) => (i * i) % input.vocabulary)
  return tf.tensor(values, [runs, 2, input.tokens], 'int32')
}

export const read = (tensor: Tensor | undefined): number[] => Array.from(tensor?.dataSync() ?? [])
