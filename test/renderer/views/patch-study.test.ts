import { expect, test } from 'vitest'
import { patchStudy } from '../../../src-renderer/views/design/patch-study'

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
