import type { DryRunDocument } from './documents'
import { bytesText, countText, durationText, plain, tableText } from './words'

/** A dry run for people. */
export function dryRunText(document: DryRunDocument): string {
  const count = (parameters: number): string => parameters.toLocaleString('en')
  const rows = document.settings.map((cell) => [
    cell.task,
    cell.model,
    cell.setting,
    count(cell.parameters_trained),
    count(cell.parameters_total),
    cell.seconds_from.length === 0 ? 'none' : durationText(cell.seconds),
    cell.seconds_from.map((source) => SOURCES[source]).join(', '),
  ])
  const head = ['task', 'model', 'setting', 'parameters trained', 'of', 'time at most', '']
  const done = document.runs - document.to_train
  const inGroups = document.groups < document.to_train ? `, in ${countText(document.groups, 'group')}` : ''
  const { memory_bytes, disk_bytes, smallest_difference } = document
  return [
    `${plain(document.study)}: ${countText(document.runs, 'run')}, ${done} of them done, ${document.to_train} to train${inGroups}`,
    tableText(head, rows, ['parameters trained', 'of', 'time at most']),
    ...document.batches.map(batchesText),
    ...(memory_bytes === null ? [] : [`memory: about ${bytesText(memory_bytes)}${groupsText(document)}`]),
    ...(disk_bytes === 0 ? [] : [`disk: about ${bytesText(disk_bytes)}${weightsText(document)}`]),
    `time: ${timeText(document)}`,
    ...(smallest_difference === null ? [] : [differenceText(document, smallest_difference)]),
  ].join('\n\n')
}

type Source = DryRunDocument['settings'][number]['seconds_from'][number]

/** How the time of a cell is known. */
const SOURCES: Readonly<Record<Source, string>> = {
  'earlier-runs': 'as earlier runs',
  probe: 'measured',
  scaled: 'scaled',
  operations: 'counted',
}

/** "listops: batches by length, padded to 612 tokens (29 %), 980 (31 %) …": what they cost against the longest. */
function batchesText({ task, lengths }: DryRunDocument['batches'][number]): string {
  const longest = lengths.at(-1)?.tokens ?? 0
  if (lengths.length === 1)
    return `batches: ${plain(task)}: mixed, every one padded to the longest example, ${countText(longest, 'token')}`
  const words = lengths.map(({ tokens, share }) => `${tokens} (${(100 * share).toFixed(0)} %)`)
  const mean = lengths.reduce((sum, { tokens, share }) => sum + share * tokens, 0)
  return `batches: ${plain(task)}: by-length, padded to ${words.join(', ')} tokens (of the examples); ${mean.toFixed(0)} on average, ${longest} if they were mixed`
}

const groupsText = ({ smaller_groups }: DryRunDocument): string =>
  smaller_groups === 0
    ? ''
    : `, with smaller groups in ${countText(smaller_groups, 'cell')}, for larger ones need more than is free`

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

function timeText({ seconds, settings, gflops }: DryRunDocument): string {
  const used = new Set(settings.flatMap((cell) => cell.seconds_from))
  if (used.size === 0) return 'none, every run has a result'
  const explained: Readonly<Record<Source, string>> = {
    'earlier-runs': 'from earlier runs of the same cells in this workspace',
    probe: 'measured: a few steps on this machine, now or before',
    scaled: 'scaled: by operations, from what was measured of the same trunk with less to do',
    operations: `counted: operations at ${gflops?.toFixed(0) ?? '?'} GFLOP/s, measured now; a rough guess`,
  }
  const words = Object.entries(explained).flatMap(([source, words]) =>
    used.has(source as Source) ? [words] : [],
  )
  return `at most about ${durationText(seconds)} (${words.join('; ')})`
}
