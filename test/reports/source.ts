import { compareStudy } from '../../src-main/analysis/comparison'
import type { ComparisonInput } from '../../src-main/analysis/comparison'
import type { ReportSource } from '../../src-main/reports/report-source'
import type { RunRecord } from '../../src-main/run'
import { aStudy, FOUR_SETTINGS, sweep } from '../analysis/factory'
import type { TrainedOutline } from '../analysis/factory'

export const paperStudy = (changes: Partial<TrainedOutline> = {}): TrainedOutline =>
  aStudy({ name: 'mnist & co_100%', settings: FOUR_SETTINGS, learning_rates: [1e-5, 1e-4, 1e-3], ...changes })

/** Four settings whose ranking turns at 1e-3, with a diverged seed and a tie for the lead. */
export const paperRuns = (study: TrainedOutline): RunRecord[] =>
  sweep(
    {
      'frozen-pretrained': { 1e-5: [0.3, 0.31, 0.33], 1e-4: [0.5, 0.52, 0.51], 1e-3: [0.55, 0.56, 0.57] },
      'frozen-random': { 1e-5: [0.2, 0.21, 0.22], 1e-4: [0.38, 0.4, 0.39], 1e-3: [0.46, 0.45, 0.44] },
      'unfrozen-pretrained': { 1e-5: [0.6, 0.61, 0.62], 1e-4: [0.68, 0.69, 0.7], 1e-3: [0.2, 0.21, 'x'] },
      'unfrozen-random': { 1e-5: [0.55, 0.56, 0.54], 1e-4: [0.66, 0.69, 0.72], 1e-3: [0.3, 0.33, 0.36] },
    },
    study,
  )

/** A report's source over these runs; test open unless told otherwise. */
export function aSource(
  runs: RunRecord[] = paperRuns(paperStudy()),
  more: Partial<ComparisonInput> = {},
  changes: Partial<ReportSource> = {},
): ReportSource {
  const study = more.study ?? paperStudy()
  const input = { testSealed: false, ...more, study, runs }
  return {
    study,
    comparison: compareStudy(input),
    runs,
    curveOf: () => ({ steps: [100, 500, 1000], values: [0.2, 0.45, 0.56], secondsPerStep: 0.02 }),
    program: 'Fairsweep 0.0.0',
    madeAt: '2026-01-02T03:04:05.000Z',
    ...changes,
  }
}
