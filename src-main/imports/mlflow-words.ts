/** What MLflow's two stores have in common. */

/** `RunStatus`, by number in its file store. */
export const STATUSES: readonly (string | undefined)[] = [
  undefined,
  'running',
  'scheduled',
  'finished',
  'failed',
  'killed',
]

/** Tags of MLflow itself: user names, paths, commits. */
export const isOwnTag = (name: string): boolean => name.startsWith('mlflow.')

/** Its databases cannot hold infinity; the largest double stands for it. */
const LARGEST = 1.7976931348623157e308

export const fromLargest = (value: number): number =>
  Math.abs(value) === LARGEST ? Math.sign(value) * Infinity : value

/** A number as Python prints it; null where it is none. */
export function mlflowValue(text: string): number | null {
  if (/^nan$/i.test(text)) return NaN
  if (/^-?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return /^-?\d+(\.\d*)?(e[+-]?\d+)?$/i.test(text) ? fromLargest(Number(text)) : null
}
