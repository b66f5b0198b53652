import type { RunKin } from '../../../src-main/api/run'

/** Runs by rate (rows) and seed (columns); null where the study has none. */
export function grid(kin: readonly RunKin[]): {
  seeds: number[]
  rows: { learningRate: number; runs: (RunKin | null)[] }[]
} {
  const seeds = [...new Set(kin.map(({ seed }) => seed))].sort((a, b) => a - b)
  const rates = [...new Set(kin.map(({ learningRate }) => learningRate))].sort((a, b) => a - b)
  const rows = rates.map((learningRate) => ({
    learningRate,
    runs: seeds.map(
      (seed) => kin.find((run) => run.learningRate === learningRate && run.seed === seed) ?? null,
    ),
  }))
  return { seeds, rows }
}

/** The nearest run at another rate of the same seed, or another seed at the same rate; null at the border. */
export function neighbour(
  kin: readonly RunKin[],
  id: string,
  along: 'learningRate' | 'seed',
  by: -1 | 1,
): RunKin | null {
  const own = kin.find((run) => run.id === id)
  if (own === undefined) return null
  const across = along === 'seed' ? 'learningRate' : 'seed'
  const further = kin
    .filter((run) => run[across] === own[across] && (run[along] - own[along]) * by > 0)
    .sort((a, b) => (a[along] - b[along]) * by)
  return further[0] ?? null
}
