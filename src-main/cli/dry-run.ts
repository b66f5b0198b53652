import { examine } from '../engine'
import type { PaceSource, PlanForecast } from '../forecast/forecaster'
import type { Plan } from '../study/study'
import { openWorkbench } from '../workbench'
import type { Workbench } from '../workbench'
import type { Invocation } from './command-line'
import type { DryRunDocument } from './documents'
import { EXIT } from './exit'
import type { Terminal } from './terminal'
import { planOf } from './which-study'
import { bytesText, countText, durationText, plain, tableText } from './words'

/** Prints what training a study would take: the same forecast that the workbench shows while a study is designed. */
export async function dryRun({ terminal, workspace }: Invocation, study: string): Promise<number> {
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    const plan = await planOf(workbench, study)
    const gflops = await measure(workbench, plan, terminal)
    const forecast = await workbench.forecaster.of(plan, gflops)
    const document = documentOf(plan, forecast, gflops)
    terminal.print(dryRunText(document))
    terminal.document(document)
    return EXIT.done
  } finally {
    await workbench.close()
  }
}

/** Measures what is not known; where that cannot be, gives the speed to count operations by. */
async function measure(workbench: Workbench, plan: Plan, terminal: Terminal): Promise<number | null> {
  const { forecaster } = workbench
  const { unmeasured, tooLarge, isTraining } = await forecaster.of(plan)
  if (tooLarge > 0)
    terminal.note(
      `${countText(tooLarge, 'kind')} of group would need more memory than is free: counted, not measured. Smaller batches (training.batch_size, or accumulate_steps for the same ones in parts) need less`,
    )
  if (unmeasured === 0) return tooLarge === 0 ? null : (await examine()).gflops
  if (isTraining) {
    terminal.note('something trains in this workspace, so nothing is measured; operations are counted …')
    return (await examine()).gflops
  }
  const unsubscribe = workbench.subscribe((event) => {
    if (event.type !== 'measuring' || event.measuring === null) return
    const { done, of, cell } = event.measuring
    terminal.note(`  ${done + 1} of ${of}: ${plain(cell)}`)
  })
  try {
    terminal.note(`measuring ${countText(unmeasured, 'kind')} of group on this machine …`)
    await forecaster.measure(plan)
    return tooLarge === 0 ? null : (await examine()).gflops
  } catch (error) {
    terminal.note(`could not measure: ${error instanceof Error ? error.message : String(error)}`)
    return (await examine()).gflops
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
    settings: forecast.cells.map(({ task, model, setting, parametersTrained, parametersTotal }) => ({
      task,
      model,
      setting,
      parameters_trained: parametersTrained,
      parameters_total: parametersTotal,
    })),
    memory_bytes: forecast.memoryBytes,
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

function dryRunText(document: DryRunDocument): string {
  const count = (parameters: number): string => parameters.toLocaleString('en')
  const rows = document.settings.map((cell) => [
    cell.task,
    cell.model,
    cell.setting,
    count(cell.parameters_trained),
    count(cell.parameters_total),
  ])
  const head = ['task', 'model', 'setting', 'parameters trained', 'of']
  const done = document.runs - document.to_train
  const inGroups = document.groups < document.to_train ? `, in ${countText(document.groups, 'group')}` : ''
  const { memory_bytes, disk_bytes, smallest_difference } = document
  return [
    `${plain(document.study)}: ${countText(document.runs, 'run')}, ${done} of them done, ${document.to_train} to train${inGroups}`,
    tableText(head, rows, ['parameters trained', 'of']),
    ...(memory_bytes === null ? [] : [`memory: about ${bytesText(memory_bytes)}`]),
    ...(disk_bytes === 0 ? [] : [`disk: about ${bytesText(disk_bytes)}${weightsText(document)}`]),
    `time: ${timeText(document)}`,
    ...(smallest_difference === null ? [] : [differenceText(document, smallest_difference)]),
  ].join('\n\n')
}

const weightsText = ({ weight_bytes }: DryRunDocument): string =>
  weight_bytes === 0
    ? ''
    : `, ${bytesText(weight_bytes)} of it weights that are kept (execution.keep_weights)`

function differenceText({ seed_deviation: { value, from } }: DryRunDocument, smallest: number): string {
  const spread =
    from === 'assumed'
      ? `seeds that spread by ${value.toPrecision(2)} (assumed: nothing like it was trained here)`
      : `seeds that spread by ${value.toPrecision(2)}, as in earlier runs here`
  return `smallest difference that would probably show: ${smallest.toPrecision(2)}, with ${spread}`
}

function timeText({ seconds, seconds_from, gflops }: DryRunDocument): string {
  const atMost = `at most about ${durationText(seconds)}`
  switch (seconds_from) {
    case 'nothing-to-train':
      return 'none, every run has a result'
    case 'earlier-runs':
      return `${atMost}, from earlier runs of the same cells in this workspace`
    case 'probe':
      return `${atMost}, from a few steps of each cell measured on this machine`
    case 'operations':
      return `${atMost}, from counted operations at ${gflops?.toFixed(0) ?? '?'} GFLOP/s, measured now; a rough guess`
    case 'both':
      return `${atMost}, from earlier runs where there are any, else from a few measured steps${gflops === null ? '' : ' or counted operations'}`
  }
}
