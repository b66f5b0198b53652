import { downloadFile, HubApiError, listFiles, modelInfo } from '@huggingface/hub'
import type { ListFileEntry } from '@huggingface/hub'
import { InputError } from '../errors'
import { otherWeights } from '../models/other-weights'
import type { FetchedFile, OpenFrom } from './fetched-file'

/** A model on the Hugging Face hub as people write it: `NAME` or `NAME@REVISION`. */
export interface HubName {
  readonly repo: string
  /** A branch, a tag or a commit. */
  readonly revision: string
}

/** What a revision of a model on the hub is, at this moment. */
export interface HubModel {
  readonly repo: string
  /** The commit that the revision is. */
  readonly commit: string
  /** As its page says; null: it does not. */
  readonly licence: string | null
  readonly files: readonly FetchedFile[]
}

const NAME = /^((?:[\w][\w.-]*\/)?[\w][\w.-]*)(?:@([\w][\w./-]*))?$/

/** Null: it cannot be a name on the hub. */
export function readHubName(text: string): HubName | null {
  const [, repo, revision = 'main'] = NAME.exec(text) ?? []
  return repo === undefined || repo.includes('..') || revision.includes('..') ? null : { repo, revision }
}

const WEIGHTS = 'model.safetensors'
const INDEX = 'model.safetensors.index.json'
const SHARD = /^model-\d{5}-of-\d{5}\.safetensors$/

/**
 * The Hugging Face hub, through its own client. HF_ENDPOINT names another one, HF_TOKEN opens what is private or gated.
 * Nothing that comes from there is executed: a configuration and safetensors are all that is taken.
 */
export class Hub {
  private readonly options: { hubUrl: string; accessToken?: string; fetch: typeof fetch }

  constructor(signal: AbortSignal, environment: NodeJS.ProcessEnv = process.env) {
    const { HF_ENDPOINT, HF_TOKEN } = environment
    if (HF_TOKEN && !HF_TOKEN.startsWith('hf_'))
      throw new InputError('expected a token of the hub, which begins with hf_', { field: 'HF_TOKEN' })
    this.options = {
      hubUrl: (HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, ''),
      ...(HF_TOKEN ? { accessToken: HF_TOKEN } : {}),
      fetch: (input, init) => fetch(input, { ...init, signal }),
    }
  }

  /** Where it is asked. */
  get place(): string {
    return this.options.hubUrl
  }

  /**
   * Finds a model and its files, pinned to the commit that the revision is now.
   * @throws {InputError} in a sentence: no such model, no access, offline, weights that are pickles
   */
  async find({ repo, revision }: HubName): Promise<HubModel> {
    const { sha: commit, tags } = await this.asked(repo, () =>
      modelInfo({ ...this.options, name: repo, revision, additionalFields: ['sha', 'tags'] }),
    )
    const found = await this.asked(repo, async () => {
      const entries: ListFileEntry[] = []
      for await (const entry of listFiles({ ...this.options, repo, revision: commit })) entries.push(entry)
      return entries.filter(({ type }) => type === 'file')
    })
    const names = found.map(({ path }) => path)
    const isSharded = !names.includes(WEIGHTS) && names.includes(INDEX)
    const isWanted = (path: string): boolean =>
      path === 'config.json' || path === WEIGHTS || (isSharded && (path === INDEX || SHARD.test(path)))
    if (!names.includes('config.json')) throw refused(repo, 'has no config.json')
    if (!names.includes(WEIGHTS) && !isSharded)
      throw refused(repo, `has ${otherWeights(names, repo) ?? `no ${WEIGHTS}`}`)
    const licence = tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length) ?? null
    return { repo, commit, licence, files: found.filter(({ path }) => isWanted(path)).map(fileOf) }
  }

  /** How the files of a model are read. */
  reader({ repo, commit }: HubModel): OpenFrom {
    return (file, from) =>
      this.asked(repo, async () => {
        const params = { ...this.options, repo, path: file.name, revision: commit, xet: false }
        const blob = await downloadFile(params)
        if (blob === null) throw refused(repo, `has no ${file.name} any more`)
        if (blob.size !== file.bytes)
          throw refused(repo, `serves ${file.name} with ${blob.size} bytes, expected ${file.bytes}`)
        return blob.slice(from).stream()
      })
  }

  private async asked<T>(repo: string, question: () => Promise<T>): Promise<T> {
    const { hubUrl } = this.options
    try {
      return await question()
    } catch (error) {
      if (error instanceof InputError) throw error
      if (error instanceof HubApiError) {
        const { statusCode } = error
        // A server that is busy may be asked again.
        if (statusCode === 429 || statusCode >= 500) throw error
        const why = [401, 403, 404].includes(statusCode)
          ? `found no model ${repo} at ${hubUrl}, or it is not open to everybody: put a token that may read it into HF_TOKEN`
          : `${hubUrl} refused ${repo} (${error.message})`
        throw new InputError(why, { field: 'models add' })
      }
      throw error
    }
  }
}

/** Says why the net was of no use, in one sentence, where that is what went wrong. */
export function netProblem(error: unknown, place: string, otherwise: string): InputError | null {
  if (error instanceof InputError) return error
  if (error instanceof HubApiError)
    return new InputError(`${place} answered ${error.statusCode}; try again later, what was fetched is kept`)
  if (!(error instanceof Error) || error.name === 'AbortError') return null
  const { cause } = error as { cause?: { code?: string; message?: string } }
  if (!(error instanceof TypeError) && cause === undefined) return null
  const why = cause?.code ?? cause?.message ?? error.message
  return new InputError(`${place} cannot be reached (${why}): ${otherwise}`)
}

function fileOf({ path, size, oid = '', lfs }: ListFileEntry): FetchedFile {
  return lfs === undefined
    ? { name: path, bytes: size, digest: { algorithm: 'git', value: oid } }
    : { name: path, bytes: lfs.size, digest: { algorithm: 'sha256', value: lfs.oid } }
}

const refused = (repo: string, why: string): InputError =>
  new InputError(`${repo} ${why}`, { field: 'models add' })
