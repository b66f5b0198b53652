import { basename, dirname, join } from 'node:path/posix'
import { z } from 'zod'
import { InputError } from '../errors'
import { readUtf8 } from './file-bytes'
import type { FoundFile } from './file-bytes'
import { readNumber } from './numbers'
import { parsePythonJson } from './python-json'
import { addPoint, MOST_POINTS } from './source'
import type { Source, SourceField, SourceRun } from './source'

export const isTrainerState = ({ relative }: FoundFile): boolean =>
  basename(relative) === 'trainer_state.json'

const LARGEST_BYTES = 64 * 2 ** 20

const entry = z.record(z.string(), z.unknown())
const trainerState = z.object({
  log_history: z.array(entry),
  global_step: z.number(),
  max_steps: z.number().nullish(),
  trial_name: z.string().nullish(),
  trial_params: entry.nullish(),
  stateful_callbacks: entry.nullish(),
})

/**
 * Runs of the Hugging Face Trainer, from `trainer_state.json`: a run is a folder with one, or with checkpoints of which the
 * latest counts. What was set (the learning rate, the seed) is in a Python pickle beside it, which is never opened: it comes
 * from the folder's name by a template, or from a mapping.
 */
export async function readTrainerStates(files: readonly FoundFile[], root: string): Promise<Source> {
  const latest = new Map<string, { run: SourceRun; step: number }>()
  let [points, older] = [0, 0]
  for (const { path, relative } of files) {
    const name = runOf(relative, root)
    const state = parse(await readUtf8(path, { largest: LARGEST_BYTES }), path)
    const before = latest.get(name)
    if (before !== undefined) older++
    if (before !== undefined && before.step > state.global_step) continue
    const run = readState(name, path, state)
    for (const { steps } of run.series.values()) points += steps.length
    if (points > MOST_POINTS) {
      throw new InputError(`found more than ${MOST_POINTS} points, expected fewer in one import`, {
        file: path,
      })
    }
    latest.set(name, { run, step: state.global_step })
  }
  const runs = [...latest.values()].map(({ run }) => run)
  const scheduled = runs.filter(({ series }) => series.has('learning_rate')).length
  return {
    from: 'hugging-face',
    files: [basename(root), ...(files.length > 1 ? [`${files.length} trainer_state.json`] : [])],
    runs,
    order: 'logged',
    remarks: [
      ...(older > 0 ? [`${older} earlier checkpoints of the same runs are left aside`] : []),
      ...(scheduled > 0
        ? [
            `${scheduled} runs logged a learning rate that follows a schedule; the one that was set is not in trainer_state.json: give it by a name template or in the mapping`,
          ]
        : []),
    ],
  }
}

/** The run's folder, below the one that was named; the checkpoints inside it are its own. */
function runOf(relative: string, root: string): string {
  const isFile = relative === basename(root)
  const folder = join(isFile ? dirname(root) : root, dirname(relative))
  const run = /^checkpoint-\d+$/.test(basename(folder)) ? dirname(folder) : folder
  const below = run.slice(root.length + 1)
  return !isFile && run.startsWith(`${root}/`) && below !== '' ? below : basename(run)
}

function parse(text: string, file: string): z.infer<typeof trainerState> {
  const parsed = trainerState.safeParse(parsePythonJson(text, { file }))
  if (parsed.success) return parsed.data
  const field = parsed.error.issues[0]?.path.join('.')
  throw new InputError('is no state of a Trainer, expected log_history and global_step', { file, field })
}

function readState(id: string, file: string, state: z.infer<typeof trainerState>): SourceRun {
  const fields = new Map<string, SourceField>([['steps', { value: state.global_step }]])
  for (const [name, value] of Object.entries(state.trial_params ?? {})) {
    if (isPlain(value)) fields.set(name, { value })
  }
  const status = statusOf(state)
  if (status !== null) fields.set('status', { value: status })
  const run: SourceRun = { id, file, fields, series: new Map() }
  for (const [i, row] of state.log_history.entries()) {
    const step = row['step']
    if (typeof step !== 'number') {
      throw new InputError('found no step, expected a number', { file, field: `log_history.${i}.step` })
    }
    for (const [name, value] of Object.entries(row)) {
      if (name === 'step' || name === 'epoch') continue
      const number = typeof value === 'string' || typeof value === 'number' ? readNumber(value) : null
      if (number != null) addPoint(run, name, step, number)
    }
  }
  constantRate(run)
  return run
}

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** A learning rate that never changed is the one that was set. */
function constantRate(run: SourceRun): void {
  const rates = new Set(run.series.get('learning_rate')?.values)
  const [rate] = rates
  if (rates.size !== 1 || rate === undefined || run.fields.has('learning_rate')) return
  run.fields.set('learning_rate', { value: rate })
  run.series.delete('learning_rate')
}

/** How it ended, as far as the state says; null where it does not. */
function statusOf({
  global_step,
  max_steps,
  stateful_callbacks,
}: z.infer<typeof trainerState>): string | null {
  if (max_steps == null || max_steps <= 0) return null
  if (global_step >= max_steps) return 'finished'
  const callbacks = stateful_callbacks ?? {}
  const control = z
    .object({ args: z.object({ should_training_stop: z.boolean() }) })
    .safeParse(callbacks['TrainerControl'])
  if (!control.success) return null
  if (!control.data.args.should_training_stop) return 'unfinished'
  return Object.hasOwn(callbacks, 'EarlyStoppingCallback') ? 'early-stopped' : 'finished'
}
