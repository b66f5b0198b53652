import type { Comparison } from '../analysis/comparison'
import type { ValidationCurve } from '../analysis/efficiency'
import { mean } from '../analysis/estimate'
import { installation } from '../installation'
import type { ReadableStore } from '../store/store'
import { exportedRuns, knownStudy } from './export'
import type { ReportSource } from './report-source'

/**
 * What a report is made from, read from the history. Test scores are under the store's seal.
 * @param comparison of this study, as the workbench concludes it
 * @throws {InputError} where there is no such study
 */
export function readReportSource(store: ReadableStore, study: string, comparison: Comparison): ReportSource {
  const record = knownStudy(store, study)
  const metric = `val/${comparison.metric}` as const
  // Several tables and figures ask for the same few runs.
  const curves = new Map<string, ValidationCurve | null>()
  const readCurve = (run: string): ValidationCurve | null => {
    const { steps, values } = store.series(run, metric, undefined, study)
    if (steps.length === 0) return null
    const times = store.series(run, 'time/step_ms', undefined, study).values
    return { steps, values, secondsPerStep: times.length === 0 ? null : mean([...times]) / 1000 }
  }
  return {
    study: record.study,
    comparison,
    runs: [...exportedRuns(store, study)],
    curveOf: (run) => {
      const known = curves.get(run)
      if (known !== undefined) return known
      const curve = readCurve(run)
      curves.set(run, curve)
      return curve
    },
    program: `Fairsweep ${installation.version}`,
    madeAt: new Date().toISOString(),
  }
}
