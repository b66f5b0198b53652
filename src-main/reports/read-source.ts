import type { ValidationCurve } from '../analysis/efficiency'
import { mean } from '../analysis/estimate'
import { installation } from '../installation'
import type { Workbench } from '../workbench'
import { exportedRuns, knownStudy } from './export'
import type { ReportSource } from './report-source'

/**
 * What a report is made from: the study's comparison, concluded as asked, and its runs. Test scores are under the
 * store's seal.
 * @throws {InputError} where there is no such study
 */
export async function readReportSource(
  workbench: Pick<Workbench, 'store' | 'compare'>,
  study: string,
  asked?: Parameters<Workbench['compare']>[1],
): Promise<ReportSource> {
  const { store } = workbench
  const comparison = await workbench.compare(study, asked)
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
