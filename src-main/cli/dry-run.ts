import { examine } from '../engine'
import type { PaceSource, PlanForecast } from '../forecast/forecaster'
import type { Plan } from '../study/study'
import { openWorkbench } from '../workbench'
import type { Workbench } from '../workbench'
import type { Invocation } from './command-line'
import type { DryRunDocument } from './documents'
import { dryRunText } from './dry-run-text'
import { EXIT } from './exit'
import { onInterrupt } from './interrupt'
import type { Terminal } from './terminal'
import { planOf } from './which-study'
import { countText, plain } from './words'

/** Prints what training a study would take: the same forecast that the workbench shows while a study is designed. */
export async function dryRun({ terminal, workspace }: Invocation, study: string): Promise<number> {
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  const stop = new AbortController()
  const interrupted = onInterrupt(async () => {
    stop.abort()
    await workbench.forecaster.stop()
  })
  try {
    const plan = await planOf(workbench, study)
    const isStopped = (): boolean => stop.signal.aborted
    await measure(workbench, plan, terminal, isStopped)
    if (isStopped()) {
      terminal.warn('stopped before all was measured; the same command goes on')
      return EXIT.interrupted
    }
    const forecast = await workbench.forecaster.of(plan)
    const gflops = forecast.seconds === null ? (await examine()).gflops : null
    const document = documentOf(
      plan,
      gflops === null ? forecast : await workbench.forecaster.of(plan, gflops),
      gflops,
    )
    terminal.print(dryRunText(document))
    terminal.document(document)
    return EXIT.done
  } finally {
    interrupted.stopListening()
    await workbench.close()
  }
}

/** Measures what is not known, as far as it can be. */
async function measure(
  workbench: Workbench,
  plan: Plan,
  terminal: Terminal,
  isStopped: () => boolean,
): Promise<void> {
  const { forecaster } = workbench
  const { unmeasured, tooLarge, isTraining } = await forecaster.of(plan)
  if (tooLarge > 0)
    terminal.note(
      `${countText(tooLarge, 'kind')} of group would need more memory than is free: counted or scaled, not measured. Smaller batches (training.batch_size, or accumulate_steps for the same ones in parts) need less`,
    )
  if (unmeasured === 0 || isStopped()) return
  if (isTraining) {
    terminal.note('something trains in this workspace, so nothing is measured')
    return
  }
  const unsubscribe = workbench.subscribe((event) => {
    if (event.type !== 'measuring' || event.measuring === null) return
    const { done, of, cell } = event.measuring
    terminal.note(`  ${done + 1} of ${of}: ${plain(cell)}`)
  })
  try {
    terminal.note(
      `measuring ${countText(unmeasured, 'kind')} of group on this machine, fewer where one tells of others …`,
    )
    await forecaster.measure(plan)
  } catch (error) {
    if (!isStopped())
      terminal.note(`could not measure: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    unsubscribe()
  }
}

function documentOf(plan: Plan, forecast: PlanForecast, gflops: number | null): DryRunDocument {
  const { power, diskBytes } = forecast
  return {
    study: plan.study.name,
    runs: forecast.runs,
    to_train: forecast.toTrain,
    groups: forecast.groups,
    settings: forecast.cells.map((cell) => ({
      task: cell.task,
      model: cell.model,
      setting: cell.setting,
      parameters_trained: cell.parametersTrained,
      parameters_total: cell.parametersTotal,
      seconds: cell.seconds ?? 0,
      seconds_from: [...cell.from],
    })),
    batches: forecast.batches.map(({ task, lengths }) => ({ task, lengths: [...lengths] })),
    memory_bytes: forecast.memoryBytes,
    smaller_groups: forecast.smallerGroups,
    disk_bytes: diskBytes.history + diskBytes.weights + diskBytes.checkpoints,
    weight_bytes: diskBytes.weights,
    seconds: forecast.seconds ?? 0,
    seconds_from: sourceOf(forecast.from),
    gflops: forecast.from.includes('operations') ? gflops : null,
    smallest_difference: power.smallest,
    seed_deviation: { value: power.deviation, from: power.from },
  }
}

function sourceOf(from: readonly PaceSource[]): DryRunDocument['seconds_from'] {
  const [first] = from
  if (first === undefined) return 'nothing-to-train'
  return from.length === 1 ? first : 'both'
}
