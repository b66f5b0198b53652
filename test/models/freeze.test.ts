import { describe, expect, it } from 'vitest'
import { randomArchitecture } from '../../src-main/models/architecture'
import { countParameters, freeze } from '../../src-main/models/freeze'
import type { ParameterSpec } from '../../src-main/models/trunk'
import { PARTS, type Setting } from '../../src-main/run'
import { isRecurrent, KINDS } from './small-networks'

function trunkOf(type: string): readonly ParameterSpec[] {
  const shape: Record<string, number> = isRecurrent(type)
    ? { layers: 2, width: 8 }
    : { layers: 2, width: 8, heads: 2, positions: 4 }
  return randomArchitecture(type, shape).blueprint.build(2).parameters
}

const setting = (...train: Setting['train']): Setting => ({ name: 's', init: 'random', train })
const trainedNames = (type: string, ...train: Setting['train']): string[] =>
  freeze(trunkOf(type), setting(...train), 2)
    .filter(({ trained }) => trained)
    .map(({ name }) => name)

describe('the frozen setting', () => {
  it.each(KINDS)("trains of %s what FPT's rule on names trains", (type) => {
    const byFpt = trunkOf(type)
      .map(({ name }) => name)
      .filter((name) => /ln|norm|wpe|pos_embed|position_embeddings/.test(name.toLowerCase()))
    expect(trainedNames(type, 'input', 'output', 'layer_norm', 'positions')).toEqual(byFpt)
    expect(byFpt.length).toBe({ lstm: 0, fpt_lnlstm: 2 * 6 }[type as string] ?? 1 + 2 + 2 * 4)
  })

  it("leaves BERT's token type alone, as every setting but the whole does", () => {
    const TOKEN_TYPE = 'embeddings.token_type_embeddings.weight'
    expect(trainedNames('bert', ...PARTS)).toContain(TOKEN_TYPE)
    for (const part of PARTS)
      expect(trainedNames('bert', ...PARTS.filter((p) => p !== part))).not.toContain(TOKEN_TYPE)
  })
})

describe('a setting', () => {
  it.each(KINDS)('that lists every part trains all of %s', (type) => {
    expect(trainedNames(type, ...PARTS)).toEqual(trunkOf(type).map(({ name }) => name))
  })

  it('with last_layers trains the whole of those layers and nothing before or after', () => {
    const names = trainedNames('gpt2', { last_layers: 1 })
    expect(names.length).toBe(12)
    expect(names.every((name) => name.startsWith('h.1.'))).toBe(true)
    expect(trainedNames('gpt2', { last_layers: 2 }).length).toBe(24)
  })

  it('names no weight of an LSTM unless it names everything, or its layer', () => {
    const weights = trunkOf('lstm').map(({ name }) => name)
    for (const part of PARTS) expect(trainedNames('lstm', ...PARTS.filter((p) => p !== part))).toEqual([])
    expect(trainedNames('lstm', { last_layers: 1 })).toEqual(weights.filter((name) => name.endsWith('_l1')))
  })

  it('cannot train more last layers than there are', () => {
    expect(() => trainedNames('gpt2', { last_layers: 3 })).toThrow(
      /settings.s: last_layers: 3, but the trunk has 2 layers/,
    )
  })
})

it('parameters are counted by part', () => {
  const count = countParameters(freeze(trunkOf('gpt2'), setting('positions'), 2))
  expect(count.trained).toBe(4 * 8)
  expect(count.total).toBe(4 * 8 + 2 * (12 * 64 + 9 * 8 + 4 * 8) + 2 * 8)
  expect(count.parts.map(({ part }) => part)).toEqual([
    'positions',
    'layer_norm',
    'attention',
    'feed_forward',
  ])
})
