import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const SIDE = 8
const CLASSES = 4

/** The four files of a data set in MNIST's format: 8 × 8 noise with a bright band where the class says. */
export function writeTinyImages(folder: string, sizes = { train: 200, test: 80 }): void {
  mkdirSync(folder, { recursive: true })
  let state = 1
  const noise = (): number => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31
  for (const [name, count] of [['train', sizes.train] as const, ['t10k', sizes.test] as const]) {
    const labels = Buffer.from(Array.from({ length: count }, (_, i) => i % CLASSES))
    const pixels = Buffer.from(
      Array.from({ length: count * SIDE * SIDE }, (_, at) => {
        const band = Math.floor((at % (SIDE * SIDE)) / (SIDE * 2))
        const isBright = band === labels[Math.floor(at / (SIDE * SIDE))]
        return Math.floor(noise() * 80) + (isBright ? 150 : 0)
      }),
    )
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), idx([count, SIDE, SIDE], pixels))
    writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), idx([count], labels))
  }
}

function idx(shape: readonly number[], bytes: Buffer): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length)
  head.set([0, 0, 8, shape.length])
  shape.forEach((extent, i) => head.writeUInt32BE(extent, 4 + 4 * i))
  return Buffer.concat([head, bytes])
}

/** A study of a very small random trunk on those images. */
export function tinyStudy(change: Readonly<Record<string, string>> = {}): string {
  const lines = {
    name: 'tiny',
    task: '{kind: idx-images, dir: images, patch: 4}',
    model: '{kind: gpt2, layers: 1, width: 16, heads: 2}',
    settings: '[frozen-random, unfrozen-random]',
    learning_rates: '[1e-3, 1e-2]',
    seeds: '[0]',
    training: '{batch_size: 4, max_steps: 30}',
    validation: '{every: 10, patience: 1000}',
    ...change,
  }
  return Object.entries(lines)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('')
}
