import { basename, dirname } from 'node:path/posix'
import { InputError } from '../errors'
import { parseYaml } from '../study/yaml'
import { readUtf8 } from './file-bytes'
import type { FoundFile } from './file-bytes'
import { isOwnTag, mlflowValue, STATUSES } from './mlflow-words'
import { addPoint, MOST_POINTS } from './source'
import type { Source, SourceRun } from './source'

export const isMlflowMeta = ({ relative }: FoundFile): boolean => basename(relative) === 'meta.yaml'

export const isMlflowFile = (file: FoundFile): boolean =>
  isMlflowMeta(file) || /(^|\/)(params|metrics|tags)\//.test(file.relative)

const LARGEST_META_BYTES = 1_000_000
const LARGEST_METRIC_BYTES = 256 * 2 ** 20

/**
 * Runs from MLflow's file store (`mlruns`): a folder a run, with `meta.yaml`, a file a parameter, metric and tag. Artifacts
 * are never opened, wherever their addresses point.
 */
export async function readMlflowFiles(files: readonly FoundFile[], root: string): Promise<Source> {
  const runs = new Map<string, SourceRun>()
  let deleted = 0
  for (const file of files.filter(({ relative }) => basename(relative) === 'meta.yaml')) {
    const run = await readMeta(file)
    if (run === 'deleted') deleted++
    else if (run !== null) runs.set(dirname(file.relative), run)
  }
  let points = 0
  for (const file of files) {
    const [folder, kind, name] = partsOf(file.relative)
    const run = runs.get(folder)
    if (run === undefined || name === '') continue
    if (kind === 'metrics') points += await readMetric(run, name, file.path)
    else await readField(run, kind, name, file.path)
    if (points > MOST_POINTS) {
      throw new InputError(`found more than ${MOST_POINTS} points, expected fewer in one import`, {
        file: file.path,
      })
    }
  }
  return {
    from: 'mlflow',
    files: [basename(root)],
    runs: [...runs.values()],
    order: 'any',
    remarks: deleted > 0 ? [`${deleted} runs were deleted there and are left out`] : [],
  }
}

/** Folder of the run, kind of record, and its name, which may hold "/". */
function partsOf(relative: string): [folder: string, kind: string, name: string] {
  const parts = relative.split('/')
  const at = parts.findIndex((part, i) => i > 0 && /^(params|metrics|tags)$/.test(part))
  const single = at < 0 && /^(params|metrics|tags)\//.test(relative)
  if (single) return ['.', parts[0]!, parts.slice(1).join('/')]
  return at < 0 ? ['', '', ''] : [parts.slice(0, at).join('/'), parts[at]!, parts.slice(at + 1).join('/')]
}

/** A run; null where it is an experiment's. */
async function readMeta({ path }: FoundFile): Promise<SourceRun | 'deleted' | null> {
  const text = await readUtf8(path, { largest: LARGEST_META_BYTES })
  const { value } = parseYaml(text, path)
  if (typeof value !== 'object' || value === null)
    throw new InputError('is no meta.yaml of MLflow', { file: path })
  const meta = new Map(Object.entries(value))
  const id: unknown = meta.get('run_id') ?? meta.get('run_uuid')
  if (typeof id !== 'string') return null
  if (meta.get('lifecycle_stage') === 'deleted') return 'deleted'
  const run: SourceRun = { id, file: path, fields: new Map(), series: new Map() }
  const name: unknown = meta.get('run_name')
  const status: unknown = meta.get('status')
  const word = typeof status === 'number' ? STATUSES[status] : status
  if (typeof word === 'string') run.fields.set('status', { value: word.toLowerCase() })
  for (const field of ['start_time', 'end_time']) {
    const time: unknown = meta.get(field)
    if (typeof time === 'number') run.fields.set(field, { value: time })
  }
  return typeof name === 'string' && name !== '' ? { ...run, name } : run
}

async function readField(run: SourceRun, kind: string, name: string, path: string): Promise<void> {
  if (kind === 'tags' && isOwnTag(name)) return
  const value = await readUtf8(path, { largest: LARGEST_META_BYTES })
  run.fields.set(`${kind}.${name}`, { value: value.trim() })
}

/** "time value step", a line a point; returns how many. */
async function readMetric(run: SourceRun, name: string, path: string): Promise<number> {
  const lines = (await readUtf8(path, { largest: LARGEST_METRIC_BYTES })).split('\n')
  let points = 0
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue
    const [time, value, step = '0'] = line.split(' ')
    const number = mlflowValue(value ?? '')
    if (number === null || !/^-?\d+$/.test(time ?? '') || !/^-?\d+$/.test(step)) {
      throw new InputError(`found "${line.slice(0, 60)}", expected time, value and step`, {
        file: path,
        line: i + 1,
      })
    }
    addPoint(run, name, Number(step), number, Number(time))
    points++
  }
  return points
}
