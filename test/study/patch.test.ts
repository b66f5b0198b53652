import { expect, test } from 'vitest'
import { patchStudy } from '../../src-main/study/write'

test('a remedy changes its keys and leaves the rest of the file as it was written', () => {
  const text = `# why this study\nname: a # the name\nseeds: [0]\ntraining: {max_steps: 10, dropout: 0.2}\n`
  const patched = patchStudy(text, {
    seeds: [0, 1, 2],
    training: { max_steps: 20 },
    extra_learning_rates: { 'unfrozen-pretrained': [3.16e-7] },
  })
  expect(patched).toBe(
    `# why this study\nname: a # the name\nseeds: [0, 1, 2]\ntraining: {max_steps: 20, dropout: 0.2}\nextra_learning_rates: {unfrozen-pretrained: [3.16e-7]}\n`,
  )
})

test('a mapping is replaced whole, and one of nothing leaves the file', () => {
  const text = `name: a\nextra_learning_rates: {frozen-random: [1e-6], unfrozen-random: [1e-7]} # by the rule\nseeds: [0]\n`
  expect(patchStudy(text, { extra_learning_rates: { 'frozen-random': [1e-6] } })).toBe(
    `name: a\nextra_learning_rates: {frozen-random: [1e-6]} # by the rule\nseeds: [0]\n`,
  )
  expect(patchStudy(text, { extra_learning_rates: {} })).toBe(`name: a\nseeds: [0]\n`)
})

test('a rate that becomes everybody’s is no setting’s extra any more', () => {
  const text = `learning_rates: [1e-4, 1e-3]\nextra_learning_rates: {a: [1e-5, 1e-6], b: [1e-5]} # why\n`
  expect(patchStudy(text, { learning_rates: [1e-5, 1e-4, 1e-3] })).toBe(
    `learning_rates: [1e-5, 1e-4, 1e-3]\nextra_learning_rates: {a: [1e-6]} # why\n`,
  )
})
