import { NAMED_SETTINGS } from '../../../src-main/study/settings'
import { valueAt } from './study-schema'

/** The settings of a study file as rows of a table: those with a name, whether chosen or not, then masks of one's own. */

export interface SettingRow {
  readonly name: string
  readonly init: string
  readonly train: readonly string[]
  readonly lastLayers: number | null
  readonly isOn: boolean
  readonly isCustom: boolean
  /** Its place in the file's list; null where it is not there. */
  readonly index: number | null
}

export const PART_COLUMNS = [
  { part: 'input', short: 'in', about: 'the input layer' },
  { part: 'output', short: 'out', about: 'the readout' },
  { part: 'layer_norm', short: 'norm', about: 'the layer norms' },
  { part: 'positions', short: 'pos', about: 'the positions' },
  { part: 'attention', short: 'attn', about: 'the attention' },
  { part: 'feed_forward', short: 'ff', about: 'the feed-forward layers' },
] as const

export const INITS = ['pretrained', 'random', 'statistics'].map((value) => ({ value, label: value }))

export function settingRows(written: readonly unknown[]): SettingRow[] {
  const named = NAMED_SETTINGS.map(({ name, init, train }): SettingRow => {
    const index = written.indexOf(name)
    const parts = train.filter((part) => typeof part === 'string')
    return {
      name,
      init,
      train: parts,
      lastLayers: null,
      isOn: index >= 0,
      isCustom: false,
      index: index < 0 ? null : index,
    }
  })
  const custom = written.flatMap((entry, index): SettingRow[] => {
    if (typeof entry !== 'object' || entry === null) return []
    const [name, init] = [valueAt(entry, 'name'), valueAt(entry, 'init')]
    const train = listOf(valueAt(entry, 'train'))
    const last = train
      .map((part) => valueAt(part, 'last_layers'))
      .find((layers) => typeof layers === 'number')
    return [
      {
        name: typeof name === 'string' ? name : '',
        init: typeof init === 'string' ? init : '',
        train: train.filter((part) => typeof part === 'string'),
        lastLayers: last ?? null,
        isOn: true,
        isCustom: true,
        index,
      },
    ]
  })
  return [...named, ...custom]
}

export const trains = ({ train }: SettingRow, part: string): boolean => train.includes(part)

/** The list with a named setting in or out, the named ones in their usual order and masks behind them. */
export function withNamed(written: readonly unknown[], name: string, on: boolean): unknown[] {
  const named = NAMED_SETTINGS.map((setting) => setting.name).filter((other) =>
    other === name ? on : written.includes(other),
  )
  return [...named, ...written.filter((each) => typeof each === 'object')]
}

export function withPart(train: unknown, part: string, on: boolean): unknown[] {
  const parts = listOf(train)
  const words = PART_COLUMNS.map((column) => column.part as string).filter((other) =>
    other === part ? on : parts.includes(other),
  )
  return [...words, ...parts.filter((each) => typeof each === 'object')]
}

export function withLastLayers(train: unknown, layers: number | null): unknown[] {
  const words = listOf(train).filter((each) => typeof each === 'string')
  return layers === null || layers === 0 ? words : [...words, { last_layers: layers }]
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])
