import { resolve } from 'node:path'
import { z } from 'zod'
import { InputError, InputErrors } from '../../errors'
import { readMapping, sayField } from '../../imports/mapping'
import type { Mapping } from '../../imports/mapping'
import type { ImportOutcome } from '../../store/store'
import { openWorkbench } from '../../workbench'
import type { ImportOrder, ImportPreview } from '../../workbench/import-desk'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'
import { askOwner } from '../reach'
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
  const order: ImportOrder = {
    paths: paths.flatMap((path) => (path === undefined ? [] : [resolve(path)])),
    ...(as === undefined ? {} : { as }),
    ...(mapping === undefined ? {} : { mapping: await readMapping(mapping) }),
    skipDamaged,
  }
  const preview = await lookAt(workspace, order, mapping)
  terminal.print(previewText(preview))
  if (dryRun) {
    terminal.document(importDocument(preview, null))
    return EXIT.done
  }
  // Whoever owns the workspace reads the files itself, by the mapping that was just shown.
  const { paths: files, as: study, mapping: shown } = { ...order, ...mappingOf(preview) }
  const { outcome, ...taken } = await askOwner(
    { terminal, workspace, what: `fairsweep import ${preview.study}` },
    (client) =>
      client.imports.take.mutate({ source: { paths: [...files] }, as: study, mapping: shown, skipDamaged }),
  )
  terminal.print(outcomeText(taken.study, outcome))
  terminal.document(importDocument(preview, outcome))
  return EXIT.done
}

const mappingOf = ({ from, mapping }: ImportPreview): { mapping?: Mapping } =>
  from === 'bundle' ? {} : { mapping }

/** What is in the files; where the mapping makes nothing of it, the reason, with the mapping file's name. */
async function lookAt(
  workspace: string,
  order: ImportOrder,
  mapping: string | undefined,
): Promise<ImportPreview> {
  const reader = await openWorkbench({ workspace, access: 'reader' })
  try {
    const preview = await reader.imports.look(order)
    const [first, ...more] = preview.problems.map((problem) => withMappingFile(problem, mapping))
    if (first !== undefined) throw more.length === 0 ? first : new InputErrors([first, ...more])
    return preview
  } catch (error) {
    if (error instanceof InputError && error.place.field === 'as') {
      throw new InputError(error.problem, { field: '--as' })
    }
    throw error
  } finally {
    await reader.close()
  }
}

function withMappingFile(problem: InputError, file: string | undefined): InputError {
  if (file === undefined || problem.place.file !== undefined) return problem
  return new InputError(problem.problem, { ...problem.place, file })
}

function previewText({
  from,
  files,
  runs,
  published,
  mapping,
  mappingText,
  unmapped,
  remarks,
}: ImportPreview): string {
  if (from === 'bundle')
    return `${countText(runs, 'run')} of one study in ${plain(files.join(', '))} (bundle)`
  const counts = [countText(runs, 'run'), ...(published > 0 ? [countText(published, 'published cell')] : [])]
  const { fields = {}, metrics = {}, accuracy } = mapping
  const rows = [
    ...Object.entries(fields).map(([field, source]) => [field, sayField(source)]),
    ...Object.entries(metrics).map(([metric, name]) => [
      metric,
      name === null
        ? 'not there'
        : `${name}${metric.includes('accuracy') && accuracy === 'percent' ? ' (percent)' : ''}`,
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
    `As a file for --mapping:\n\n${mappingText}`,
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
  { study, from, files, runs, published, mapping, unmapped, remarks }: ImportPreview,
  outcome: ImportOutcome | null,
): ImportDocument => ({
  ...{ study, from, runs, published, outcome },
  files: [...files],
  mapping: { ...mapping },
  unmapped: { fields: [...unmapped.fields], metrics: [...unmapped.metrics] },
  remarks: [...remarks],
})
