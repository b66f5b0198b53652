/** What both sides train: settings of a study, each learning rate and seed one run. */
export interface Row {
  readonly name: string
  /** Side of MNIST's patches: 28 / patch squared tokens. */
  readonly patch: 4 | 7
  /** A trunk that set-up brought, or a random GPT-2 or LSTM. */
  readonly model: 'minilm-l6' | RandomTrunk | RecurrentTrunk
  readonly settings: readonly RowSetting[]
  readonly learningRates: readonly number[]
  readonly seeds: readonly number[]
  readonly steps: number
  /** Evaluated at the end of each run. */
  readonly examples: { readonly validation: number; readonly test: number }
}

/** `frozen` is FPT's rule; `unfrozen` trains everything. */
export type RowSetting = 'frozen' | 'unfrozen'

export interface RandomTrunk {
  readonly layers: number
  readonly width: number
  readonly heads: number
}

export interface RecurrentTrunk {
  readonly kind: 'lstm' | 'fpt_lnlstm'
  readonly layers: number
  readonly width: number
}

/** Sizes of a trunk, as its projections' shapes need them. */
export interface TrunkSize {
  readonly layers: number
  readonly width: number
  /** Null: the trunk is recurrent. */
  readonly intermediate: number | null
}

const SMALL: RandomTrunk = { layers: 4, width: 128, heads: 4 }
const BASE: RandomTrunk = { layers: 12, width: 768, heads: 12 }
/** FPT's size. */
const LSTM: RecurrentTrunk = { kind: 'lstm', layers: 3, width: 768 }
const FOUR = [1e-4, 3e-4, 1e-3, 3e-3]
const TWO = [1e-4, 3e-4]
const minilm = { model: 'minilm-l6', seeds: [0], examples: { validation: 200, test: 400 } } as const
const small = { ...minilm, model: SMALL, patch: 4, steps: 80 } as const
const lstm = { ...small, model: LSTM, steps: 20 } as const
const base = { ...small, model: BASE, examples: { validation: 24, test: 24 } } as const

export const ROWS: readonly Row[] = [
  { ...minilm, name: 'minilm-7-frozen', patch: 7, settings: ['frozen'], learningRates: FOUR, steps: 40 },
  { ...minilm, name: 'minilm-7-unfrozen', patch: 7, settings: ['unfrozen'], learningRates: TWO, steps: 40 },
  { ...minilm, name: 'minilm-4-frozen', patch: 4, settings: ['frozen'], learningRates: FOUR, steps: 20 },
  { ...minilm, name: 'minilm-4-unfrozen', patch: 4, settings: ['unfrozen'], learningRates: TWO, steps: 20 },
  { ...small, name: 'small-4-frozen', settings: ['frozen'], learningRates: FOUR },
  { ...small, name: 'small-4-unfrozen', settings: ['unfrozen'], learningRates: TWO },
  { ...lstm, name: 'lstm-4-frozen', settings: ['frozen'], learningRates: FOUR },
  { ...lstm, name: 'lstm-4-unfrozen', settings: ['unfrozen'], learningRates: TWO },
  { ...base, name: 'gpt2-base-4-frozen', settings: ['frozen'], learningRates: FOUR, steps: 6 },
  { ...base, name: 'gpt2-base-4-unfrozen', settings: ['unfrozen'], learningRates: [1e-4], steps: 8 },
  {
    ...minilm,
    name: 'whole-study',
    patch: 7,
    settings: ['frozen', 'unfrozen'],
    learningRates: FOUR,
    seeds: [0, 1],
    steps: 60,
  },
]

export const BATCH = 8

export const runsOf = ({ settings, learningRates, seeds }: Row): number =>
  settings.length * learningRates.length * seeds.length

export const sizeOf = ({ model }: Row): TrunkSize =>
  model === 'minilm-l6'
    ? { layers: 6, width: 384, intermediate: 1536 }
    : {
        layers: model.layers,
        width: model.width,
        intermediate: isRecurrent(model) ? null : 4 * model.width,
      }

export const isRecurrent = (model: Row['model']): model is RecurrentTrunk =>
  typeof model !== 'string' && 'kind' in model

export const tokensOf = ({ patch }: Row): number => (28 / patch) ** 2

/** The row as a study file. */
export function studyOf(row: Row): string {
  const { name, patch, model, settings, learningRates, seeds, steps, examples } = row
  const shape = typeof model === 'string' ? model : JSON.stringify({ ...{ kind: 'gpt2' }, ...model })
  const init = model === 'minilm-l6' ? 'pretrained' : 'random'
  return `name: ${name}
task: { kind: mnist, patch: ${patch} }
model: ${shape}
settings: [${settings.map((setting) => `${setting}-${init}`).join(', ')}]
learning_rates: [${learningRates.join(', ')}]
seeds: [${seeds.join(', ')}]
training: { max_steps: ${steps}, batch_size: ${BATCH} }
validation: { examples: ${examples.validation}, every: ${steps}, patience: 1 }
test: { examples: ${examples.test} }
`
}
