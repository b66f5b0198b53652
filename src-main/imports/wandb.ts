/// <reference types="vite/types/importMeta.d.ts" />
import { basename } from 'node:path/posix'
import protobuf from 'protobufjs'
import { InputError } from '../errors'
import { readBytes, readUtf8 } from './file-bytes'
import type { FoundFile } from './file-bytes'
import { readNumber } from './numbers'
import { parsePythonJson } from './python-json'
import { addPoint, MOST_POINTS } from './source'
import type { Source, SourceRun } from './source'
import { readWandbLog } from './wandb-log'

export const isWandbFile = ({ relative }: FoundFile): boolean => /\.(wandb|jsonl)$/i.test(relative)

/**
 * Runs of Weights & Biases: offline files (`run-ID.wandb`, which hold configuration, history and summary), and histories as
 * JSON lines (`.jsonl`, a run a file, a step a line).
 */
export async function readWandb(files: readonly FoundFile[], root: string): Promise<Source> {
  const runs: SourceRun[] = []
  const torn: string[] = []
  let points = 0
  for (const { path, relative } of files) {
    const run: SourceRun = {
      id: relative.replace(/\.[^.]+$/, ''),
      file: path,
      fields: new Map(),
      series: new Map(),
    }
    if (relative.endsWith('.jsonl')) {
      addHistory(run, await readUtf8(path), path)
      runs.push(run)
    } else {
      const offline = new OfflineRun(run)
      if (readWandbLog(await readBytes(path), path, (record, at) => offline.take(record, at)) > 0)
        torn.push(relative)
      runs.push(offline.finished())
    }
    for (const { steps } of run.series.values()) points += steps.length
    if (points > MOST_POINTS) {
      throw new InputError(`found more than ${MOST_POINTS} points, expected fewer in one import`, {
        file: path,
      })
    }
  }
  return {
    from: 'wandb',
    files: [basename(root), ...(files.length > 1 ? [`${files.length} runs`] : [])],
    runs,
    order: 'logged',
    remarks:
      torn.length > 0
        ? [`the last record is torn in ${torn.length} files: ${torn.slice(0, 5).join(', ')}`]
        : [],
  }
}

function addHistory(run: SourceRun, text: string, file: string): void {
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const row = parsePythonJson(line, { file, line: i + 1 })
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw new InputError('found no object, expected one on each line', { file, line: i + 1 })
    }
    addRow(run, new Map(Object.entries(row)), null)
  }
}

/** A row of a history: its numbers at its step. Names with a leading underscore are W&B's own. */
function addRow(run: SourceRun, row: ReadonlyMap<string, unknown>, step: number | null): void {
  const at = asNumber(row.get('_step')) ?? step
  const seconds = asNumber(row.get('_timestamp')) ?? 0
  if (at === null) return
  for (const [name, value] of row) {
    const number = name.startsWith('_') ? null : asNumber(value)
    if (number !== null) addPoint(run, name, at, number, Math.round(seconds * 1000))
  }
}

const asNumber = (value: unknown): number | null =>
  typeof value === 'number' || typeof value === 'string' ? (readNumber(value) ?? null) : null

interface Item {
  readonly key?: string
  readonly nestedKey?: readonly string[]
  readonly valueJson?: string
}

interface RecordMessage {
  readonly history?: { readonly item?: readonly Item[]; readonly step?: { readonly num?: number } }
  readonly summary?: { readonly update?: readonly Item[] }
  readonly config?: { readonly update?: readonly Item[] }
  readonly run?: {
    readonly runId?: string
    readonly displayName?: string
    readonly config?: { readonly update?: readonly Item[] }
    readonly summary?: { readonly update?: readonly Item[] }
    readonly startTime?: { readonly seconds?: number }
  }
  readonly exit?: { readonly exitCode?: number; readonly notComplete?: boolean }
}

/** One offline file, record by record. */
class OfflineRun {
  private id: string | null = null
  private name: string | null = null
  private hasEnded = false

  constructor(private readonly run: SourceRun) {}

  take(data: Buffer, offset: number): void {
    const { history, summary, config, run, exit } = this.understood(data, offset)
    if (run) {
      this.id = run.runId ?? null
      this.name = run.displayName ?? null
      this.setAll('config.', run.config?.update, offset)
      this.setAll('summary.', run.summary?.update, offset)
      if (run.startTime?.seconds) this.run.fields.set('start_time', { value: run.startTime.seconds * 1000 })
    }
    this.setAll('config.', config?.update, offset)
    this.setAll('summary.', summary?.update, offset)
    if (history) {
      const row = new Map((history.item ?? []).map((item) => [nameOf(item), this.valueOf(item, offset)]))
      addRow(this.run, row, history.step?.num ?? null)
    }
    if (exit) {
      this.hasEnded = true
      this.run.fields.set('state', { value: (exit.exitCode ?? 0) === 0 ? 'finished' : 'failed' })
    }
  }

  finished(): SourceRun {
    // A summary repeats the last value of what the history has.
    for (const name of this.run.series.keys()) this.run.fields.delete(`summary.${name}`)
    if (!this.hasEnded) this.run.fields.set('state', { value: 'unfinished' })
    return { ...this.run, id: this.id ?? this.run.id, ...(this.name === null ? {} : { name: this.name }) }
  }

  private setAll(prefix: string, items: readonly Item[] = [], offset: number): void {
    for (const item of items) this.set(`${prefix}${nameOf(item)}`, this.valueOf(item, offset))
  }

  private set(name: string, value: unknown): void {
    if (name.includes('._')) return
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      this.run.fields.set(name, { value })
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) this.set(`${name}.${key}`, inner)
    }
  }

  private valueOf({ valueJson = 'null' }: Item, offset: number): unknown {
    try {
      return parsePythonJson(valueJson, { file: this.run.file })
    } catch {
      throw new InputError(`byte ${offset}: a value is not JSON`, { file: this.run.file })
    }
  }

  private understood(data: Buffer, offset: number): RecordMessage {
    try {
      const type = message()
      return type.toObject(type.decode(data), { longs: Number })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new InputError(`byte ${offset}: a record is no message of W&B (${reason})`, {
        file: this.run.file,
      })
    }
  }
}

const nameOf = ({ key, nestedKey = [] }: Item): string =>
  nestedKey.length > 0 ? nestedKey.join('.') : (key ?? '')

let parsed: protobuf.Type | undefined

function message(): protobuf.Type {
  if (parsed !== undefined) return parsed
  const files = import.meta.glob<string>('./wandb.proto', { query: '?raw', import: 'default', eager: true })
  return (parsed = protobuf.parse(Object.values(files).join('\n')).root.lookupType('Record'))
}
