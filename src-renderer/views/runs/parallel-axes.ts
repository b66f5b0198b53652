import type { ParallelAxis } from '../../charts/parallel-coordinates'
import type { Comparison, Filter } from '../../../src-main/filter/language'
import { parseFilter } from '../../../src-main/filter/parse'
import { printValue } from '../../../src-main/filter/print'
import { filterProblem } from './filter-words'
import { shortNumber, stretchesOf } from './axis-bounds'
import type { Stretch } from './axis-bounds'
import { RUN_COLUMNS } from './run-columns'

/** The axes of the parallel coordinates in the URL: "lr,val/accuracy,-val/loss" and what is brushed on them. */

export const USUAL_AXES: readonly string[] = ['setting', 'lr', 'seed', 'best_step', 'val/accuracy']
/** Fields that make an axis. */
export const AXIS_FIELDS: readonly string[] = RUN_COLUMNS.filter(
  ({ field, right }) => right || ['state', 'setting', 'task', 'model', 'study'].includes(field),
).map(({ field }) => field)

const LOGARITHMIC = ['lr', 'val/loss', 'test/loss', 'parameters_trained', 'parameters_total']

/** `-` flips an axis, `~` gives it the other scale than its usual one. */
export function readAxes(words: readonly string[]): ParallelAxis[] {
  return words.flatMap((word) => {
    const [, flip = '', swap = '', field = ''] = /^(-?)(~?)(.+)$/.exec(word) ?? []
    const column = RUN_COLUMNS.find((each) => each.field === field)
    if (column === undefined || !AXIS_FIELDS.includes(field)) return []
    const isLog = LOGARITHMIC.includes(field) !== (swap !== '')
    return [
      {
        field,
        name: column.title,
        scale: column.right ? (isLog ? ('log' as const) : ('linear' as const)) : ('words' as const),
        percent: field.includes('accuracy'),
        whole: !field.includes('/') && field !== 'lr',
        flipped: flip !== '',
      },
    ]
  })
}

/** The word of an axis with one of its signs turned. */
export function turned(word: string, sign: '-' | '~'): string {
  const [, flip = '', swap = '', field = ''] = /^(-?)(~?)(.+)$/.exec(word) ?? []
  const toggled = (has: string, own: '-' | '~'): string => (own === sign ? (has === '' ? own : '') : has)
  return `${toggled(flip, '-')}${toggled(swap, '~')}${field}`
}

export interface NamedAxis {
  readonly field: string
  /** Those on it, in their order there; null where it is of numbers. */
  readonly words: readonly string[] | null
}

/** What is brushed as a filter: between the ends of one of the stretches, on every axis. */
export function brushFilter(
  axes: readonly NamedAxis[],
  intervals: readonly (readonly (readonly [number, number])[])[],
): string {
  return axes
    .flatMap(({ field, words }, i) => {
      const stretches = intervals[i] ?? []
      if (stretches.length === 0) return []
      const any = stretches.map(([low, high]) =>
        words === null ? between(field, low, high) : oneOf(field, words, low, high),
      )
      return [any.length === 1 ? any[0]! : `(${any.join(' or ')})`]
    })
    .join(' and ')
}

/** The stretches of every axis that such a filter stands for; of one that means something else, or nothing, none. */
export function readBrush(axes: readonly NamedAxis[], brush: string): Stretch[][] {
  const parts = brush === '' || filterProblem(brush) !== null ? [] : partsOf(parseFilter(brush))
  return axes.map(({ field, words }) => {
    const own = parts.filter((part) => leavesOf(part).every((leaf) => leaf?.field === field))
    const leaves = (part: Filter): Comparison[] => leavesOf(part).filter((leaf) => leaf !== null)
    if (words !== null)
      return stretchesOf(
        words,
        own.flatMap(leaves).map(({ value }) => value),
      )
    const apart = own.flatMap((part) => (part.kind === 'any' ? part.parts.map(leaves) : []))
    const ends = own.flatMap((part) => (part.kind === 'any' ? [] : leaves(part)))
    return [...apart, ...(ends.length > 0 ? [ends] : [])].map(stretchOf)
  })
}

const partsOf = (filter: Filter): readonly Filter[] => (filter.kind === 'all' ? filter.parts : [filter])

/** All that is asked in it; null for what no brush asks. */
function leavesOf(filter: Filter): (Comparison | null)[] {
  if (filter.kind === 'all' || filter.kind === 'any') return filter.parts.flatMap(leavesOf)
  return [filter.kind === 'comparison' ? filter : null]
}

function stretchOf(ends: readonly Comparison[]): Stretch {
  const end = (operator: string): string | undefined => ends.find((each) => each.operator === operator)?.value
  return [Number(end('>=') ?? 0), Number(end('<=') ?? Infinity)]
}

/** An end that is open asks nothing: nothing in a history is below zero. */
const between = (field: string, low: number, high: number): string =>
  [
    ...(low > 0 ? [`${field} >= ${shortNumber(low)}`] : []),
    ...(high < Infinity ? [`${field} <= ${shortNumber(high)}`] : []),
  ].join(' and ')

/** On an axis of words the brush covers their places. */
function oneOf(field: string, words: readonly string[], low: number, high: number): string {
  const covered = words.filter((_, at) => at >= low - 0.5 && at <= high + 0.5)
  const any = covered.map((word) => `${field} = ${printValue(word)}`)
  return any.length === 1 ? any[0]! : `(${any.join(' or ')})`
}
