import { createHash } from 'node:crypto'
import type { RunConfig } from '../run'
import { keyedTraining } from './later-options'
import { roundRate } from './rates'
import { canonicalTrain } from './settings'

/**
 * The run's key: SHA-256 (hex) of the canonical JSON of its configuration. The setting's name is a word for tables and
 * not part of it, nor is the order in which it lists what it trains; the rate is rounded to 3 significant digits; options
 * that came later are not part of it where they change nothing.
 *
 * Keys are written into every workspace: whoever changes what they are made of makes every stored run unknown.
 */
export function keyOf(config: RunConfig): string {
  const { init, train } = config.setting
  const identity = {
    ...config,
    setting: { init, train: canonicalTrain(train) },
    training: keyedTraining(config.training),
    learning_rate: roundRate(config.learning_rate),
  }
  return createHash('sha256').update(canonicalJson(identity)).digest('hex')
}

/**
 * JSON with sorted keys and no white space; numbers as JavaScript writes them (shortest that reads back the same,
 * -0 as 0). Fields that are undefined are left out.
 *
 * @throws TypeError for what JSON cannot hold: non-finite numbers, functions, bigints.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical form`)
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} has no canonical form`)
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`)
  return `{${fields.join(',')}}`
}
