import { InputError } from '../errors'
import { PARTS, type Setting } from '../run'
import type { Parameter } from './network'
import type { ParameterSpec } from './trunk'

/**
 * What trains. Parts as FPT's freeze rule sorts them by name: layer norms (the one on BERT's embeddings and GPT-2's last
 * one included), positions, attention, feed-forward, input, output. BERT's token type table and an LSTM's weights belong
 * to none of them: FPT's rule freezes them, and only a setting that lists every part trains them too, as fine-tuning in
 * Hugging Face does.
 *
 * @throws InputError where `last_layers` asks for more layers than there are.
 */
export function freeze(specs: readonly ParameterSpec[], setting: Setting, layers: number): Parameter[] {
  const parts = new Set(setting.train.filter((part) => typeof part === 'string'))
  const everything = PARTS.every((part) => parts.has(part))
  let firstTrained = layers
  for (const part of setting.train) {
    if (typeof part === 'string') continue
    if (part.last_layers > layers)
      throw new InputError(`last_layers: ${part.last_layers}, but the trunk has ${layers} layers`, {
        field: `settings.${setting.name}`,
      })
    firstTrained = Math.min(firstTrained, layers - part.last_layers)
  }
  return specs.map(({ name, shape, part, layer }) => {
    const byPart = part === 'token_type' || part === 'recurrent' ? everything : parts.has(part)
    return { name, shape, part, layer, trained: byPart || (layer !== null && layer >= firstTrained) }
  })
}

export interface PartCount {
  readonly part: Parameter['part']
  readonly trained: number
  readonly total: number
}

/** Numbers in the parameters of a network, by part in the order they come, and together. */
export interface ParameterCount {
  readonly trained: number
  readonly total: number
  readonly parts: readonly PartCount[]
}

/** Counts whole tensors: a position table counts with all its rows, as in PyTorch. */
export function countParameters(parameters: readonly Parameter[]): ParameterCount {
  const parts = new Map<Parameter['part'], { trained: number; total: number }>()
  for (const { shape, part, trained } of parameters) {
    const numbers = shape.reduce((product, extent) => product * extent, 1)
    const count = parts.get(part) ?? { trained: 0, total: 0 }
    count.total += numbers
    if (trained) count.trained += numbers
    parts.set(part, count)
  }
  const counts = [...parts].map(([part, count]) => ({ part, ...count }))
  return {
    trained: counts.reduce((sum, { trained }) => sum + trained, 0),
    total: counts.reduce((sum, { total }) => sum + total, 0),
    parts: counts,
  }
}
