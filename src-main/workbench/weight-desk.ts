import { join } from 'node:path'
import { InputError } from '../errors'
import type { Installation } from '../installation'
import type { Library } from '../library/library'
import { isComplete, isImported } from '../run'
import type { ModelIdentity, RunConfig, RunRecord } from '../run'
import type { ReadableStore } from '../store/store'
import { canonicalJson } from '../study/key'
import { isTrainable } from '../study/study'
import type { ModelSource, ModelSpec, Study } from '../study/study'
import { exportWeights } from '../weights/export-weights'
import type { ExportProgress } from '../weights/export-weights'
import { WeightShelf } from '../weights/weight-shelf'
import type { KeptRun } from '../weights/weight-shelf'

interface Parts {
  readonly workspace: string
  readonly store: ReadableStore
  readonly library: Library
  readonly installation: Pick<Installation, 'exportEntry'>
}

/** The trained weights of complete runs: what is kept, and how it leaves the workspace. */
export class WeightDesk {
  private readonly shelf: WeightShelf

  constructor(private readonly parts: Parts) {
    this.shelf = new WeightShelf(join(parts.workspace, 'weights'))
  }

  kept(run: string): KeptRun | null {
    return this.shelf.of(run)
  }

  /** Why nothing is kept of a run, in a sentence; null: something is. @throws {InputError} where there is no such run */
  whyNot(id: string): string | null {
    try {
      this.found(id)
      return null
    } catch (error) {
      if (!(error instanceof InputError) || this.parts.store.run(id) === null) throw error
      return error.problem
    }
  }

  list(): KeptRun[] {
    return this.shelf.list()
  }

  /** For good; returns how many bytes became free. */
  remove(runs?: readonly string[]): number {
    return this.shelf.remove(runs)
  }

  /**
   * Writes a run's network into a new folder: its trunk as a Hugging Face directory, its layers beside it.
   * @throws {InputError} where nothing is kept of the run, or what it was trained from is not here any more
   */
  async *export(id: string, out: string): AsyncGenerator<ExportProgress> {
    const { run, config, kept } = this.found(id)
    const studies = this.studiesOf(run)
    const { id: _, study, task, model, setting, summary } = run
    const validation = Object.fromEntries(Object.entries(summary).filter(([name]) => name.startsWith('val/')))
    const order = {
      kept,
      about: { run: id, study, task, model, setting, validation },
      config,
      model: await this.modelOf(run, config, studies),
      startFrom: await this.startOf(config, studies),
      out,
    }
    yield* exportWeights(order, this.parts.installation.exportEntry)
  }

  private found(id: string): { run: RunRecord; config: RunConfig; kept: KeptRun } {
    const run = this.parts.store.run(id)
    if (run === null) throw new InputError(`no run ${id} in ${this.parts.workspace}`, { field: 'run' })
    const { config } = run
    if (isImported(config))
      throw new InputError(`run ${id} was trained by another program; its weights were never here`)
    const kept = this.shelf.of(id)
    if (kept === null) throw new InputError(whyNothing(run))
    return { run, config, kept }
  }

  /** Those that hold the run, in whose words models and files are found. */
  private studiesOf({ id }: RunRecord): Study[] {
    const { store } = this.parts
    return store.holdersOf(id).flatMap(({ name }) => {
      const study = store.study(name)?.study
      return study !== undefined && isTrainable(study) ? [study] : []
    })
  }

  /** The very files that the run was trained from, under whichever name they are here now. */
  private async modelOf(
    run: RunRecord,
    { model }: RunConfig,
    studies: readonly Study[],
  ): Promise<ModelSource> {
    const { library } = this.parts
    const installed = (await library.models()).map(({ name }): ModelSpec => ({ name, from: 'catalogue' }))
    for (const spec of [...studies.flatMap(({ models }) => models), ...installed]) {
      const found = await library.model(spec).catch(() => null)
      if (found !== null && isSame(found.identity, model)) return found.source
    }
    throw new InputError(
      `the model '${run.model}' that run ${run.id} was trained from is not here any more, or its files have changed; add it again`,
      { field: 'model' },
    )
  }

  private async startOf({ start_from: hash }: RunConfig, studies: readonly Study[]): Promise<string | null> {
    if (hash === null) return null
    for (const study of studies) {
      if (study.start_from === null) continue
      const found = await this.parts.library.startFrom(study.start_from, study).catch(() => null)
      if (found === hash) return study.start_from
    }
    throw new InputError('the file that its weights started from is not here any more, or has changed', {
      field: 'start_from',
    })
  }
}

const isSame = (a: ModelIdentity, b: ModelIdentity): boolean => canonicalJson(a) === canonicalJson(b)

function whyNothing({ id, state, study }: RunRecord): string {
  if (!isComplete(state)) return `run ${id} is ${state}; weights are kept of complete runs`
  return `no weights of run ${id} are kept: its study said so (execution.keep_weights: none, or small and they take more than 100 MB), or they were removed, or an earlier version trained it. Say keep_weights: all in the file of ${study}, and train it in a new workspace (--workspace DIR), where it comes to the same`
}
