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
export const keyOf = ({ learning_rate, seed, ...shared }: RunConfig): string =>
  keysOf(shared)(learning_rate, seed)

/** The keys of all the runs that differ in learning rate and seed alone: what they share is written once. */
export function keysOf(
  shared: Omit<RunConfig, 'learning_rate' | 'seed'>,
): (learning_rate: number, seed: number) => string {
  const { init, train } = shared.setting
  const identity = {
    ...shared,
    setting: { init, train: canonicalTrain(train) },
    training: keyedTraining(shared.training),
    learning_rate: 0,
    seed: 0,
  }
  const fields = canonicalFields(identity)
  return (learning_rate, seed) => {
    const own: Readonly<Record<string, string>> = {
      learning_rate: `"learning_rate":${canonicalJson(roundRate(learning_rate))}`,
      seed: `"seed":${canonicalJson(seed)}`,
    }
    const json = fields.map(([name, field]) => own[name] ?? field).join(',')
    return createHash('sha256').update(`{${json}}`).digest('hex')
  }
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
  const fields = canonicalFields(value).map(([, field]) => field)
  return `{${fields.join(',')}}`
}

/** Every field as its name and as it is written, in their order. */
const canonicalFields = (value: object): [name: string, field: string][] =>
  Object.entries(value)
    .filter(([, held]) => held !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, held]) => [name, `${JSON.stringify(name)}:${canonicalJson(held)}`])
