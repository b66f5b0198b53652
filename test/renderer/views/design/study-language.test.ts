import { describe, expect, test } from 'vitest'
import { studyJsonSchema } from '../../../../src-main/study/schema'
import { explainInStudy, suggestInStudy } from '../../../../src-renderer/views/design/study-language'
import type { Schema } from '../../../../src-renderer/views/design/study-schema'

const schema = studyJsonSchema() as Schema
const names = {
  tasks: [{ name: 'mnist', about: 'Digits.' }],
  models: [{ name: 'minilm-l6', about: 'A small BERT.' }],
}

/** What is offered where the text has a bar. */
function offered(marked: string): string[] {
  const at = marked.indexOf('|')
  const found = suggestInStudy(marked.replace('|', ''), at, schema, names)
  return (found?.options ?? []).map(({ label }) => label)
}

/** What the editor says of the word with the bar in it. */
function said(marked: string): string {
  const at = marked.indexOf('|')
  const found = explainInStudy(marked.replace('|', ''), at, schema)
  return found === null ? '' : [found.title, ...found.lines].join(' / ')
}

describe('completion in a study file', () => {
  test('offers the keys that the file does not have yet, wherever it is written', () => {
    expect(offered('name: a\nse|')).toEqual(expect.arrayContaining(['settings', 'seeds', 'selection']))
    expect(offered('name: a\nse|')).not.toContain('name')
    expect(offered('|')).toContain('task')
    expect(offered('name: a\ntraining: {dropout: 0.1, ba|')).toEqual(
      expect.arrayContaining(['batch_size', 'max_steps']),
    )
    expect(offered('training: {dropout: 0.1, ba|}\n')).not.toContain('dropout')
    expect(offered('validation:\n  every: 10\n  pa|\nseeds: [0]')).toContain('patience')
    expect(offered('validation:\n  pa|')).toContain('patience')
    expect(offered('overrides: [{task: mnist, training: {|}}]')).toContain('max_steps')
  })

  test('offers the values that a key takes, and the default among them', () => {
    expect(offered('validation: {metric: |}')).toEqual(expect.arrayContaining(['accuracy', 'loss']))
    expect(offered('selection:\n  tie: |\n')).toEqual(expect.arrayContaining(['lowest-rate', 'highest-rate']))
    expect(offered('training: {shuffle: |')).toEqual(['true', 'false'])
    expect(offered('validation: {examples: |}')).toContain('all')
    expect(offered('settings: [{name: x, init: |}]')).toEqual(['pretrained', 'random', 'statistics'])
    expect(offered('settings: [{name: x, train: [in|]}]')).toEqual(
      expect.arrayContaining(['input', 'layer_norm', 'feed_forward']),
    )
  })

  test('offers the names that exist here: tasks, models, settings', () => {
    expect(offered('task: mn|')).toContain('mnist')
    expect(offered('model: |')).toContain('minilm-l6')
    expect(offered('model: [minilm-l6, |]')).toContain('minilm-l6')
    expect(offered('settings: [fro|')).toEqual(
      expect.arrayContaining(['frozen-pretrained', 'frozen-statistics']),
    )
    expect(offered('settings:\n  - unf|')).toContain('unfrozen-random')
    expect(offered('settings: [output-only]\nextra_learning_rates: {|}')).toEqual(['output-only'])
    expect(offered('task: [mnist]\noverrides: [{task: |}]')).toEqual(['mnist'])
  })

  test('offers of a task only the options of its kind', () => {
    expect(offered('task: {kind: mnist, |}')).toEqual(['name', 'patch'])
    expect(offered('task: {kind: |}')).toEqual(expect.arrayContaining(['mnist', 'idx-images']))
    expect(offered('model: {kind: gpt2, |}')).toEqual(expect.arrayContaining(['layers', 'width', 'heads']))
  })

  test('offers nothing in a comment, and survives what is no YAML at all', () => {
    expect(offered('name: a # se|')).toEqual([])
    for (const text of ['{[|', 'a: b: c|', '\t|', '- |', '"|', 'a: &x [*x, |]'])
      expect(() => offered(text)).not.toThrow()
  })
})

describe('the explanation of a word', () => {
  test('is the schema’s sentence with range and default', () => {
    expect(said('training: {max_st|eps: 10}')).toBe(
      'training.max_steps / Steps after which a run ends at the latest. / Takes a whole number from 1 to 1000000000. / Default: 20000',
    )
    expect(said('lear|ning_rates: [1e-3]')).toContain('{from: 1e-6, to: 1e-2, per_decade: 1}')
    expect(said('validation: {metric: acc|uracy}')).toContain('accuracy or loss')
    expect(said('nothing_kn|own: 3')).toBe('')
  })
})
