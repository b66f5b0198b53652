import { basename, dirname } from 'node:path/posix'
import { InputError } from '../errors'
import type { FoundFile } from './file-bytes'
import { addPoint, MOST_POINTS } from './source'
import type { Source, SourceRun } from './source'
import { readEvent } from './tensorboard-events'
import { readTfRecords } from './tfrecord'

export const isEventFile = ({ relative }: FoundFile): boolean =>
  /(^|\.)tfevents\./.test(basename(relative)) && !relative.endsWith('.profile-empty')

/** Folders inside a run's, in which Keras and others keep the scalars of one split. */
const SPLIT_FOLDER = /^(train|training|validation|val|eval|test)$/

/**
 * Runs from TensorBoard's event files: a run is a folder that holds some, its scalars the series, its hyperparameters (of the
 * hparams plugin) the fields.
 */
export async function readTensorBoard(
  files: readonly FoundFile[],
  root: string,
  options: { readonly skipDamaged?: boolean },
): Promise<Source> {
  const reader = new Reader(root)
  for (const file of files) await reader.read(file, options)
  return reader.source(files)
}

class Reader {
  private readonly runs = new Map<string, SourceRun>()
  private readonly other = new Set<string>()
  private readonly torn: string[] = []
  private damaged = 0
  private points = 0

  constructor(private readonly root: string) {}

  async read({ path, relative }: FoundFile, options: { readonly skipDamaged?: boolean }): Promise<void> {
    const [name, prefix] = runOf(relative)
    const run = this.run(name, path)
    const take = (data: Buffer, offset: number): void => {
      for (const event of understood(data, path, offset)) {
        if (event.kind === 'other') this.other.add(event.tag)
        else if (event.kind === 'scalar') {
          if (++this.points > MOST_POINTS) {
            throw new InputError(`found more than ${MOST_POINTS} points, expected fewer in one import`, {
              file: path,
            })
          }
          addPoint(run, prefix + event.tag, event.step, event.value, event.time)
        } else for (const [field, value] of Object.entries(event.fields)) run.fields.set(field, { value })
      }
    }
    const { tornBytes, damaged } = await readTfRecords(path, take, options)
    if (tornBytes > 0 && damaged.length === 0) this.torn.push(relative)
    this.damaged += damaged.length
  }

  source(files: readonly FoundFile[]): Source {
    const { other, torn, damaged } = this
    return {
      from: 'tensorboard',
      files: [basename(this.root), ...(files.length > 1 ? [`${files.length} event files`] : [])],
      runs: withHyperparameters(this.runs),
      order: 'logged',
      remarks: [
        ...(torn.length > 0
          ? [`the last record is torn in ${torn.length} of ${files.length} files: ${someOf(torn)}`]
          : []),
        ...(damaged > 0 ? [`${damaged} damaged records passed over`] : []),
        ...(other.size > 0 ? [`${other.size} tags hold no scalars: ${someOf([...other])}`] : []),
      ],
    }
  }

  private run(name: string, file: string): SourceRun {
    let run = this.runs.get(name)
    if (run === undefined) {
      run = { id: name === '' ? basename(this.root) : name, file, fields: new Map(), series: new Map() }
      this.runs.set(name, run)
    }
    return run
  }
}

const someOf = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ' …' : '')

/** The run of an event file, and what its tags are to be prefixed with. */
function runOf(relative: string): [name: string, prefix: string] {
  const folder = dirname(relative)
  if (folder === '.') return ['', '']
  const last = basename(folder)
  if (!SPLIT_FOLDER.test(last)) return [folder, '']
  const parent = dirname(folder)
  return [parent === '.' ? '' : parent, `${last}/`]
}

function understood(data: Buffer, file: string, offset: number): ReturnType<typeof readEvent> {
  try {
    return readEvent(data)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError(`byte ${offset}: a record is no TensorBoard event (${reason})`, { file })
  }
}

/**
 * `add_hparams` writes its hyperparameters into a folder inside the run's: where a run has no fields of its own and exactly
 * one folder inside it has, they are the run's.
 */
function withHyperparameters(runs: ReadonlyMap<string, SourceRun>): SourceRun[] {
  const inner = new Map<string, string[]>()
  for (const [name, { fields }] of runs) {
    if (name === '' || fields.size === 0) continue
    const parent = dirname(name) === '.' ? '' : dirname(name)
    inner.set(parent, [...(inner.get(parent) ?? []), name])
  }
  const taken = new Set<string>()
  const merged = [...runs].map(([name, run]): [string, SourceRun] => {
    const [child, ...more] = inner.get(name) ?? []
    const found = child === undefined ? undefined : runs.get(child)
    if (child === undefined || !found || more.length > 0 || run.fields.size > 0 || run.series.size === 0) {
      return [name, run]
    }
    taken.add(child)
    return [name, { ...run, fields: found.fields, series: new Map([...found.series, ...run.series]) }]
  })
  return merged.flatMap(([name, run]) => (taken.has(name) || run.series.size === 0 ? [] : [run]))
}
