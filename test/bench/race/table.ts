import type { SideResult } from './fairsweep-side'
import type { Floor } from './floor'
import type { Row } from './rows'

/** What one round measured for a row. */
export interface Round {
  readonly fairsweep: SideResult
  readonly pytorch: SideResult
  readonly floor: Floor
}

/** The race as a table in Markdown: medians of the rounds, with the lowest and highest where there are several. */
export function raceTable(rounds: ReadonlyMap<Row, readonly Round[]>): string {
  const head = [
    'row',
    'step, ms: Fairsweep',
    'PyTorch',
    'times faster',
    'processor, ms: Fairsweep',
    'PyTorch',
    'times less',
    'floor, ms',
    'times floor',
    'Adam, ms',
    'times both',
    'run, s: Fairsweep',
    'PyTorch',
    'times faster',
    'peak, MiB: Fairsweep',
    'PyTorch',
    'validation: Fairsweep',
    'PyTorch',
  ]
  const lines = Array.from(rounds, ([{ name }, all]) => {
    const across = (value: (round: Round) => number): number[] => all.map(value)
    const own = across(({ fairsweep }) => median(fairsweep.stepMs))
    const theirs = across(({ pytorch }) => median(pytorch.stepMs))
    const floor = across(({ floor }) => median(floor.productsMs))
    const adam = median(across(({ floor }) => floor.adamMs))
    const ratios = own.map((ms, i) => (theirs[i] ?? NaN) / ms)
    const cpu = (side: 'fairsweep' | 'pytorch'): number[] => across((round) => round[side].stepCpuMs)
    const accuracy = (side: 'fairsweep' | 'pytorch'): string =>
      mean(all.flatMap((round) => round[side].accuracies)).toFixed(3)
    return [
      name,
      spread(own, 1),
      spread(theirs, 1),
      `**${spread(ratios, 1)}**`,
      median(cpu('fairsweep')).toFixed(1),
      median(cpu('pytorch')).toFixed(1),
      (median(cpu('pytorch')) / median(cpu('fairsweep'))).toFixed(1),
      spread(floor, 1),
      (median(own) / median(floor)).toFixed(2),
      adam === 0 ? '' : adam.toFixed(1),
      adam === 0 ? '' : (median(own) / (median(floor) + adam)).toFixed(2),
      median(across(({ fairsweep }) => fairsweep.secondsARun)).toFixed(1),
      median(across(({ pytorch }) => pytorch.secondsARun)).toFixed(1),
      spread(
        across(({ fairsweep, pytorch }) => pytorch.secondsARun / fairsweep.secondsARun),
        1,
      ),
      Math.max(...across(({ fairsweep }) => fairsweep.peakMiB)).toFixed(0),
      Math.max(...across(({ pytorch }) => pytorch.peakMiB)).toFixed(0),
      accuracy('fairsweep'),
      accuracy('pytorch'),
    ]
  })
  const rule = head.map(() => '---')
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** "median (lowest–highest)". */
function spread(values: readonly number[], digits: number): string {
  const all = [median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits))
  const [middle = '', low = '', high = ''] = all
  return values.length === 1 ? middle : `${middle} (${low}–${high})`
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
