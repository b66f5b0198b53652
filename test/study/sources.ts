import { createHash } from 'node:crypto'
import { InputError } from '../../src-main/errors'
import type { Sources } from '../../src-main/study/plan'

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Data and weights that exist only as hashes of their names; a task of 49 tokens, trunks of 6 layers and 512 positions. */
export const paperSources: Sources = {
  task: ({ kind, options }) => {
    const { dir, ...own } = options
    const data = { 'train-images': hash(String(dir ?? kind)) }
    const source = { kind, options: own, files: { 'train-images': '/data/train' } }
    return Promise.resolve({
      identity: { kind, options: own, data },
      source,
      facts: { input: { tokens: 49 } },
    })
  },
  model: (spec) => {
    const facts = { positions: 512, layers: 6 }
    if (spec.from === 'random') {
      const source = { source: 'random', type: spec.type, shape: spec.shape } as const
      return Promise.resolve({ identity: source, source, facts })
    }
    const path = spec.from === 'directory' ? spec.path : `/models/${spec.name}`
    const files = { 'model.safetensors': hash(path) }
    return Promise.resolve({
      identity: { source: 'directory', type: 'bert', files },
      source: { source: 'directory', path },
      facts,
    })
  },
  checkOptions: () => Promise.resolve(),
  startFrom: (file) =>
    file.includes('missing')
      ? Promise.reject(new InputError('there is no such file', { file }))
      : Promise.resolve(hash(file)),
}
