import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { z } from 'zod'
import { InputError } from '../../errors'
import { mappingText, sayField } from '../../imports/mapping'
import { importBatch, readImport } from '../../imports/read-import'
import type { ReadImport } from '../../imports/read-import'
import type { ImportOutcome } from '../../store/store'
import { label } from '../../study/expect'
import { isBundle } from '../../store/store'
import { openWorkbench } from '../../workbench'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'
import type { Terminal } from '../terminal'
import { importBundle } from './import-bundle'
import type { ImportedBundle } from './import-bundle'
import { countText, plain, tableText } from '../words'

export function addImport(line: CommandLine): void {
  line
    .add(
      'import <file> [more...]',
      "other trackers' runs, and numbers from papers, into the history",
      importCommand,
    )
    .option('--mapping <file>', 'which of their names are what; what it leaves out is guessed')
    .option('--as <study>', 'the study that they go to; default: the name of the file')
    .option('--skip-damaged', 'pass over damaged records of event files, and count them')
    .option('--dry-run', 'read and show, import nothing')
}

interface Options {
  readonly mapping?: string
  readonly as?: string
  readonly skipDamaged?: boolean
  readonly dryRun?: boolean
}

async function importCommand(
  { terminal, workspace }: Invocation,
  { mapping, as, skipDamaged = false, dryRun = false }: Options,
  ...paths: (string | undefined)[]
): Promise<number> {
  const files = paths.filter((path) => path !== undefined)
  const [first = ''] = files
  if (files.length === 1 && statSync(first, { throwIfNoEntry: false })?.isFile() && isBundle(first)) {
    const name = as === undefined ? undefined : studyName(as, first)
    const imported = await importBundle(first, name, dryRun ? null : workspace)
    printBundle(terminal, first, imported)
    return EXIT.done
  }
  const study = studyName(as, first)
  const read = await readImport(files, { mapping, skipDamaged })
  terminal.print(readText(read))
  if (dryRun) {
    terminal.document(importDocument(study, read, null))
    return EXIT.done
  }
  const workbench = await openWorkbench({ workspace, access: 'owner', what: `fairsweep import ${study}` })
  try {
    const isThere = workbench.store.study(study) !== null
    const before = isThere ? workbench.store.runs({ study, order: 'plan' }) : []
    const outcome = workbench.importInto(study, (store) => store.importRuns(importBatch(read, study, before)))
    terminal.print(outcomeText(study, outcome))
    terminal.document(importDocument(study, read, outcome))
    return EXIT.done
  } finally {
    await workbench.close()
  }
}

function printBundle(
  terminal: Terminal,
  path: string,
  { study, runs, published, outcome }: ImportedBundle,
): void {
  terminal.print(`${countText(runs, 'run')} of one study in ${plain(basename(path))} (bundle)`)
  if (outcome !== null) terminal.print(outcomeText(study, outcome))
  const none = { fields: [], metrics: [] }
  const read = {
    from: 'bundle',
    files: [basename(path)],
    runs,
    published,
    mapping: {},
    unmapped: none,
    remarks: [],
  }
  terminal.document({ study, ...read, outcome } satisfies ImportDocument)
}

/** @throws {InputError} where it is no name for a study */
function studyName(as: string | undefined, path: string): string {
  const name = as ?? basename(path).replace(/(\.(runs|points))?\.[^.]+$/, '')
  const parsed = label().safeParse(name)
  if (parsed.success) return parsed.data
  throw new InputError(`found '${plain(name)}', expected ${parsed.error.issues[0]?.message ?? 'a name'}`, {
    field: '--as',
  })
}

function readText({ from, files, runs, published, mapping, unmapped, remarks }: ReadImport): string {
  const counts = [
    countText(runs.length, 'run'),
    ...(published.length > 0 ? [countText(published.length, 'published cell')] : []),
  ]
  const { fields = {}, metrics = {}, accuracy } = mapping
  const rows = [
    ...Object.entries(fields).map(([field, source]) => [field, sayField(source)]),
    ...Object.entries(metrics).map(([metric, name]) => [
      metric,
      `${name}${metric.includes('accuracy') && accuracy === 'percent' ? ' (percent)' : ''}`,
    ]),
    ...(mapping.keep ?? []).map((name) => ['kept', name]),
  ]
  const more = [
    ...(unmapped.fields.length > 0 ? [`fields not taken over: ${unmapped.fields.join(', ')}`] : []),
    ...(unmapped.metrics.length > 0 ? [`metrics not taken over: ${unmapped.metrics.join(', ')}`] : []),
    ...remarks,
  ]
  return [
    plain(`${counts.join(' and ')} in ${files.join(', ')} (${from})`),
    tableText(['here', 'there'], rows),
    ...(more.length > 0 ? [more.map((sentence) => `  - ${plain(sentence)}`).join('\n')] : []),
    `As a file for --mapping:\n\n${mappingText(mapping)}`,
  ].join('\n\n')
}

function outcomeText(
  study: string,
  { added, known, replaced, points, damaged, published }: ImportOutcome,
): string {
  const parts = [
    `${countText(added, 'run')} added with ${countText(points, 'point')}`,
    ...(known > 0 ? [`${known} there already`] : []),
    ...(damaged > 0 ? [`${countText(damaged, 'range')} of points could not be read there`] : []),
    ...(replaced > 0 ? [`${replaced} in place of an earlier import`] : []),
    ...(published.added > 0 ? [countText(published.added, 'published cell')] : []),
    ...(published.changed > 0 ? [`${countText(published.changed, 'published cell')} changed`] : []),
    ...(published.known > 0 ? [`${countText(published.known, 'published cell')} there already`] : []),
  ]
  return `${study}: ${parts.join(', ')}. Their seal cannot be vouched for.\nCompare: fairsweep compare '${study}'`
}

const count = z.int().nonnegative()

/** What `import --json` prints; described in docs/json.md. */
export const importSchema = z.strictObject({
  study: z.string(),
  from: z.string(),
  files: z.array(z.string()),
  runs: count,
  published: count,
  /** As a mapping file would say it. */
  mapping: z.record(z.string(), z.unknown()),
  unmapped: z.strictObject({ fields: z.array(z.string()), metrics: z.array(z.string()) }),
  remarks: z.array(z.string()),
  /** Null with `--dry-run`. */
  outcome: z
    .strictObject({
      added: count,
      known: count,
      replaced: count,
      points: count,
      damaged: count,
      published: z.strictObject({ added: count, known: count, changed: count }),
    })
    .nullable(),
})

type ImportDocument = z.infer<typeof importSchema>

const importDocument = (
  study: string,
  { from, files, runs, published, mapping, unmapped, remarks }: ReadImport,
  outcome: ImportOutcome | null,
): ImportDocument => ({
  study,
  from,
  files: [...files],
  runs: runs.length,
  published: published.length,
  mapping: { ...mapping },
  unmapped: { fields: [...unmapped.fields], metrics: [...unmapped.metrics] },
  remarks: [...remarks],
  outcome,
})
