import { statSync } from 'node:fs'
import { basename, isAbsolute } from 'node:path'
import { InputError, InputErrors } from '../errors'
import { checkedBundle } from '../imports/check-bundle'
import { mappingText } from '../imports/mapping'
import type { Mapping } from '../imports/mapping'
import { importBatch, surveyImport } from '../imports/read-import'
import type { ReadImport } from '../imports/read-import'
import type { EventStream } from '../queue/event-stream'
import type { PublishedCell, RunState, Summary } from '../run'
import { isBundle, openBundle, studyBatch } from '../store/store'
import type { BundledRun, ImportOutcome, ReadableStore, Store, StudyBatch } from '../store/store'
import { label } from '../study/expect'

/** Files of the machine that the workbench runs on, and what the user says about them. */
export interface ImportOrder {
  /** Absolute: one file or folder, or several tables of one import. */
  readonly paths: readonly string[]
  /** What it leaves out is guessed. */
  readonly mapping?: Mapping
  /** The study that the runs go to; default: the name of the file, of a bundle the name that it has. */
  readonly as?: string
  /** Damaged records are passed over and counted instead of refused. */
  readonly skipDamaged?: boolean
}

/** A run as it would be imported. */
export interface PreviewRun {
  readonly name: string
  readonly task: string
  readonly model: string
  readonly setting: string
  readonly learningRate: number
  readonly seed: number
  readonly state: RunState
  readonly steps: number
  readonly validation: number | null
  readonly test: number | null
  readonly points: number
}

/** What is in the files and what would become of it; nothing is stored yet. */
export interface ImportPreview {
  /** "csv", "tensorboard", "mlflow", "hugging-face", "wandb", "bundle". */
  readonly from: string
  readonly files: readonly string[]
  readonly study: string
  /** A study of this name is here; what is new would be added to it. */
  readonly exists: boolean
  readonly runs: number
  readonly published: number
  readonly mapping: Mapping
  /** As a file for `import --mapping`. */
  readonly mappingText: string
  /** The names in the files: what a mapping can choose from. */
  readonly fields: readonly { readonly name: string; readonly examples: readonly string[] }[]
  readonly metrics: readonly string[]
  readonly unmapped: ReadImport['unmapped']
  readonly remarks: readonly string[]
  readonly firstRuns: readonly PreviewRun[]
  readonly firstPublished: readonly PublishedCell[]
  /** Why the mapping makes nothing of it; another mapping may. */
  readonly problems: readonly InputError[]
}

const SHOWN = 8

/** Brings other programs' runs, papers' numbers and bundles into the history of one workspace. */
export class ImportDesk {
  constructor(
    private readonly store: ReadableStore,
    /** Null for a reader, which can only look. */
    private readonly owned: Store | null,
    private readonly events: EventStream,
  ) {}

  /** @throws {InputError} where the files cannot be read */
  async look(order: ImportOrder): Promise<ImportPreview> {
    const path = firstOf(order)
    if (isOneBundle(order)) return this.withBundle(path, (batch) => this.bundlePreview(order, batch))
    const study = nameOf(order.as ?? plainName(path))
    const { read, mapping, ...survey } = await this.survey(order)
    const isRead = !(read instanceof InputError)
    return {
      ...survey,
      ...this.placeOf(study),
      mapping,
      mappingText: mappingText(mapping),
      runs: isRead ? read.runs.length : 0,
      published: isRead ? read.published.length : 0,
      unmapped: isRead ? read.unmapped : { fields: [], metrics: [] },
      remarks: isRead ? read.remarks : [],
      firstRuns: isRead ? read.runs.slice(0, SHOWN).map(previewOf) : [],
      firstPublished: isRead ? read.published.slice(0, SHOWN) : [],
      problems: isRead ? [] : read instanceof InputErrors ? read.errors : [read],
    }
  }

  /** One transaction; a second time adds nothing. @throws {InputError} and then nothing is stored */
  async take(order: ImportOrder): Promise<{ readonly study: string; readonly outcome: ImportOutcome }> {
    const store = this.owned
    if (store === null) throw new Error('this workbench only looks on')
    const path = firstOf(order)
    if (isOneBundle(order)) {
      return this.withBundle(path, (batch) => {
        const study = nameOf(order.as ?? batch.record.name)
        return this.told({ study, outcome: store.importStudy(batch, study) })
      })
    }
    const study = nameOf(order.as ?? plainName(path))
    const { read } = await this.survey(order)
    if (read instanceof InputError) throw read
    const before = store.study(study) === null ? [] : store.runs({ study, order: 'plan' })
    return this.told({ study, outcome: store.importRuns(importBatch(read, study, before)) })
  }

  private survey({ paths, mapping, skipDamaged }: ImportOrder) {
    return surveyImport(paths, { ...(mapping === undefined ? {} : { given: mapping }), skipDamaged })
  }

  /** Every open page fetches its lists afresh. */
  private told<T>(outcome: T): T {
    this.events.emit({ type: 'studies-changed' })
    return outcome
  }

  private placeOf(study: string): Pick<ImportPreview, 'study' | 'exists'> {
    return { study, exists: this.store.study(study) !== null }
  }

  private withBundle<T>(path: string, work: (batch: StudyBatch) => T): T {
    const bundle = openBundle(path)
    try {
      const studies = bundle.studies()
      const [record] = studies
      if (record === undefined || studies.length > 1) {
        throw new InputError(
          `holds ${studies.length} studies, expected the one of a bundle (export --format bundle writes one)`,
          { file: path },
        )
      }
      return work(checkedBundle(studyBatch(bundle, record.name), path))
    } finally {
      bundle.close()
    }
  }

  private bundlePreview({ as, paths }: ImportOrder, batch: StudyBatch): ImportPreview {
    // Every run is checked as it is read.
    let runs = 0
    const firstRuns: PreviewRun[] = []
    for (const bundled of batch.runs()) if (runs++ < SHOWN) firstRuns.push(bundledPreview(bundled))
    return {
      from: 'bundle',
      files: paths.map((path) => basename(path)),
      ...this.placeOf(nameOf(as ?? batch.record.name)),
      runs,
      published: batch.published.length,
      ...{ mapping: {}, mappingText: '', fields: [], metrics: [], remarks: [], problems: [] },
      unmapped: { fields: [], metrics: [] },
      firstRuns,
      firstPublished: batch.published.slice(0, SHOWN),
    }
  }
}

/** A run before it is ours, and one of a bundle, in the same words. */
type AnyRun = Pick<
  ReadImport['runs'][number],
  'task' | 'model' | 'setting' | 'steps' | 'summary' | 'points' | 'config'
> & { readonly state: RunState }

function previewOf({ config, points, summary, ...run }: AnyRun): PreviewRun {
  const { task, model, setting, state, steps } = run
  return {
    name: config.imported.run,
    ...{ task, model, setting, state, steps },
    learningRate: config.learning_rate,
    seed: config.seed,
    ...scoresOf(summary),
    points: pointsIn(points),
  }
}

function bundledPreview({ run, points }: BundledRun): PreviewRun {
  const { id, task, model, setting, state, steps, learningRate, seed, summary } = run
  return {
    name: id,
    ...{ task, model, setting, state, steps, learningRate, seed },
    ...scoresOf(summary),
    points: pointsIn(points),
  }
}

const scoresOf = (summary: Summary): Pick<PreviewRun, 'validation' | 'test'> => ({
  validation: summary['val/accuracy'] ?? summary['val/loss'] ?? null,
  test: summary['test/accuracy'] ?? summary['test/loss'] ?? null,
})

const pointsIn = (points: readonly { readonly steps: { readonly length: number } }[]): number =>
  points.reduce((sum, { steps }) => sum + steps.length, 0)

function firstOf({ paths }: ImportOrder): string {
  const [first] = paths
  if (first === undefined) throw new InputError('found no file, expected one to import')
  const relative = paths.find((path) => !isAbsolute(path))
  if (relative !== undefined) {
    throw new InputError('expected the whole path, from the root of the file system', { file: relative })
  }
  return first
}

const isOneBundle = ({ paths }: ImportOrder): boolean =>
  paths.length === 1 &&
  statSync(paths[0] ?? '', { throwIfNoEntry: false })?.isFile() === true &&
  isBundle(paths[0] ?? '')

/** A file's name as the name of a study: without its ending, and without what our own exports add. */
const plainName = (path: string): string => basename(path).replace(/(\.(runs|points))?\.[^.]+$/, '')

function nameOf(name: string): string {
  const parsed = label().safeParse(name)
  if (parsed.success) return parsed.data
  throw new InputError(`found '${name}', expected ${parsed.error.issues[0]?.message ?? 'a name'}`, {
    field: 'as',
  })
}
