/** What both sides train: one cell of a study, its learning rates one run each. */
export interface Row {
  readonly name: string
  /** Side of MNIST's patches: 28 / patch squared tokens. */
  readonly patch: 4 | 7
  /** A trunk that set-up brought, or a random GPT-2. */
  readonly model: 'minilm-l6' | RandomTrunk
  readonly frozen: boolean
  readonly learningRates: readonly number[]
  readonly steps: number
}

export interface RandomTrunk {
  readonly layers: number
  readonly width: number
  readonly heads: number
}

/** Sizes of a trunk, as its projections' shapes need them. */
export interface TrunkSize {
  readonly layers: number
  readonly width: number
  readonly intermediate: number
}

const SMALL: RandomTrunk = { layers: 4, width: 128, heads: 4 }
const BASE: RandomTrunk = { layers: 12, width: 768, heads: 12 }
/** As many rates as a frozen group has slots, and one run for a trunk that trains, which is alone in its group. */
const FOUR = [1e-4, 3e-4, 1e-3, 3e-3]
const ONE = [1e-4]

export const ROWS: readonly Row[] = [
  { name: 'minilm-7-frozen', patch: 7, model: 'minilm-l6', frozen: true, learningRates: FOUR, steps: 40 },
  { name: 'minilm-7-unfrozen', patch: 7, model: 'minilm-l6', frozen: false, learningRates: ONE, steps: 40 },
  { name: 'minilm-4-frozen', patch: 4, model: 'minilm-l6', frozen: true, learningRates: FOUR, steps: 20 },
  { name: 'minilm-4-unfrozen', patch: 4, model: 'minilm-l6', frozen: false, learningRates: ONE, steps: 20 },
  { name: 'small-4-frozen', patch: 4, model: SMALL, frozen: true, learningRates: FOUR, steps: 80 },
  { name: 'small-4-unfrozen', patch: 4, model: SMALL, frozen: false, learningRates: ONE, steps: 80 },
  { name: 'gpt2-base-4-frozen', patch: 4, model: BASE, frozen: true, learningRates: FOUR, steps: 6 },
  { name: 'gpt2-base-4-unfrozen', patch: 4, model: BASE, frozen: false, learningRates: ONE, steps: 8 },
]

export const BATCH = 8
export const EXAMPLES = { validation: 200, test: 400 } as const

export const sizeOf = ({ model }: Row): TrunkSize =>
  model === 'minilm-l6'
    ? { layers: 6, width: 384, intermediate: 1536 }
    : { layers: model.layers, width: model.width, intermediate: 4 * model.width }

export const tokensOf = ({ patch }: Row): number => (28 / patch) ** 2

/** The row as a study file. */
export function studyOf({ name, patch, model, frozen, learningRates, steps }: Row): string {
  const shape = typeof model === 'string' ? model : JSON.stringify({ kind: 'gpt2', ...model })
  const init = model === 'minilm-l6' ? 'pretrained' : 'random'
  return `name: ${name}
task: { kind: mnist, patch: ${patch} }
model: ${shape}
settings: [${frozen ? 'frozen' : 'unfrozen'}-${init}]
learning_rates: [${learningRates.join(', ')}]
seeds: [0]
training: { max_steps: ${steps}, batch_size: ${BATCH} }
validation: { examples: ${EXAMPLES.validation}, every: ${steps}, patience: 1 }
test: { examples: ${EXAMPLES.test} }
`
}
