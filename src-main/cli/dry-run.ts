import { examine } from '../engine'
import { describeCells } from '../library/describe-cells'
import type { CellFacts } from '../library/describe-cells'
import type { PlannedRun } from '../study/study'
import { openWorkbench } from '../workbench'
import type { Invocation } from './command-line'
import type { DryRunDocument } from './documents'
import { EXIT } from './exit'
import { lacking, measuredSecondsPerStep, memoryOf, secondsOf } from './forecast'
import { planOf } from './which-study'
import { bytesText, countText, durationText, plain, tableText } from './words'

/** Prints what training a study would take. */
export async function dryRun({ terminal, workspace }: Invocation, study: string): Promise<number> {
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    const plan = await planOf(workbench, study)
    const cells = await describeCells(plan.study, workbench.library)
    const history = workbench.store.runs()
    const open = lacking(plan, history)
    const cellOf = (run: PlannedRun): CellFacts => cells.find((cell) => isOf(cell, run)) ?? unknownCell(run)

    const timed = open.map(({ run, steps }) => ({
      run,
      steps,
      perStep: measuredSecondsPerStep(run, history),
    }))
    const isCounted = timed.some(({ perStep }) => perStep === null)
    if (isCounted) terminal.note('measuring the speed of this machine …')
    const gflops = isCounted ? (await examine()).gflops : null
    const seconds = timed.reduce((sum, { run, steps, perStep }) => {
      const share = steps / run.config.training.max_steps
      return sum + (perStep === null ? secondsOf(cellOf(run), run, gflops ?? 1) * share : perStep * steps)
    }, 0)

    const document: DryRunDocument = {
      study: plan.study.name,
      runs: plan.runs.length,
      to_train: open.length,
      settings: cells.map(({ task, model, setting, parameters }) => ({
        task,
        model,
        setting,
        parameters_trained: parameters.trained,
        parameters_total: parameters.total,
      })),
      memory_bytes: open.length === 0 ? null : Math.max(...open.map(({ run }) => memoryOf(cellOf(run), run))),
      seconds,
      seconds_from: sourceOf(timed.map(({ perStep }) => perStep !== null)),
      gflops,
    }
    terminal.print(dryRunText(document))
    terminal.document(document)
    return EXIT.done
  } finally {
    await workbench.close()
  }
}

function sourceOf(measured: readonly boolean[]): DryRunDocument['seconds_from'] {
  if (measured.length === 0) return 'nothing-to-train'
  if (measured.every(Boolean)) return 'earlier-runs'
  return measured.some(Boolean) ? 'both' : 'operations'
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
  return [
    `${plain(document.study)}: ${countText(document.runs, 'run')}, ${done} of them done, ${document.to_train} to train`,
    tableText(head, rows, ['parameters trained', 'of']),
    ...(document.memory_bytes === null ? [] : [`memory: about ${bytesText(document.memory_bytes)}`]),
    `time: ${timeText(document)}`,
  ].join('\n\n')
}

function timeText({ seconds, seconds_from, gflops }: DryRunDocument): string {
  const atMost = `at most about ${durationText(seconds)}`
  const counted = `counted operations at ${gflops?.toFixed(0) ?? '?'} GFLOP/s, measured now; a rough guess`
  switch (seconds_from) {
    case 'nothing-to-train':
      return 'none, every run has a result'
    case 'earlier-runs':
      return `${atMost}, from earlier runs of the same cells in this workspace`
    case 'operations':
      return `${atMost}, from ${counted}`
    case 'both':
      return `${atMost}, from earlier runs where there are any, else from ${counted}`
  }
}

const isOf = (cell: CellFacts, run: PlannedRun): boolean =>
  cell.task === run.task && cell.model === run.model && cell.setting === run.setting

const unknownCell = (run: PlannedRun): never => {
  throw new Error(`${run.task} × ${run.model} × ${run.setting} is not a cell of its study`)
}
