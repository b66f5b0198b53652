import { zipSync } from 'fflate'
import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors'
import { FIGURE_FONTS } from '../reports/figure-fonts'
import { figureLook, LOOK_LIMITS } from '../reports/figure-look'
import { EXPORT_FORMATS, FIGURE_FORMATS, REPORT_FORMATS, TABLE_FORMATS } from '../reports/formats'
import type { ReportTable } from '../reports/tables'
import type { Workbench } from '../workbench'
import { makeFolder } from '../workspace/folder'
import { beside } from './beside'
import { folderPath, wholePath } from './folders'
import { procedure, router, studyName } from './procedure'

// What draws and writes reports is loaded when it is first asked for: it would slow the start of the window.
const loadReports = () => import('../reports/report')
const loadSource = () => import('../reports/read-source')
const loadExport = () => import('../reports/run-export')

/** A report as a page shows it: everything that it may hold, for the user to choose from. */
export interface ReportPreview {
  readonly title: string
  readonly lists: readonly { readonly heading: string; readonly items: readonly string[] }[]
  readonly tables: readonly ReportTable[]
  /** SVG without fonts of its own. */
  readonly figures: readonly { readonly id: string; readonly caption: string; readonly svg: string }[]
  readonly methods: string
  readonly checklist: readonly { readonly item: string; readonly answer: string }[]
  readonly testSealed: boolean
  /** Where a report of this study is written unless the user names another folder. */
  readonly folder: string
}

/** Bytes on their way to the user's downloads or clipboard. */
export interface Download {
  readonly name: string
  readonly base64: string
}

const within = ([least, most]: readonly [number, number]) => z.number().min(least).max(most)
const look = z.strictObject({
  widthMm: within(LOOK_LIMITS.widthMm),
  heightMm: within(LOOK_LIMITS.heightMm),
  labelPoints: within(LOOK_LIMITS.labelPoints),
  font: z.enum(FIGURE_FONTS),
})
const of = { study: studyName, otherRate: z.number().positive().max(100).optional() }
const drawn = { ...of, look: look.optional() }
const ids = z.array(z.string().max(1_000)).max(1_000)
const files = {
  ...drawn,
  tables: ids.optional(),
  figures: ids.optional(),
  formats: z.array(z.enum(REPORT_FORMATS)),
  figureFormats: z.array(z.enum(FIGURE_FORMATS)),
  /** Of the runs themselves, beside the report. */
  runFormats: z.array(z.enum(EXPORT_FORMATS)).default([]),
  metrics: z.boolean().default(false),
}
const filesInput = z.strictObject(files)
type FilesInput = z.infer<typeof filesInput>

export const reports = router({
  preview: procedure.input(z.strictObject(drawn)).query(
    beside('reports.preview', async ({ ctx, input }): Promise<ReportPreview> => {
      const report = await compose(ctx.workbench, input)
      const { drawSvg } = await import('../reports/drawing')
      const { fileName } = await loadExport()
      const { lists, tables, figures, look, methods, checklist, source } = report
      return {
        ...{ title: source.study.name, lists, tables, methods, checklist },
        figures: figures.map(({ id, caption, option, size }) => ({
          id,
          caption,
          svg: drawSvg(option, size, { font: null, scale: look.scale }),
        })),
        testSealed: source.comparison.testSealed,
        folder: join(ctx.workbench.workspace, 'reports', fileName(source.study.name)),
      }
    }),
  ),

  /** One table as text to be pasted; LaTeX and CSV carry the runs that each cell came from. */
  table: procedure
    .input(
      z.strictObject({
        ...of,
        id: z.string().max(1_000),
        /** For tables that are in no report: the setting that all others are set against. */
        against: z.strictObject({ task: z.string(), model: z.string(), setting: z.string() }).optional(),
        format: z.enum(TABLE_FORMATS),
      }),
    )
    .query(
      beside('reports.table', async ({ ctx, input: { id, against, format, ...wanted } }) => {
        const source = await sourceOf(ctx.workbench, wanted)
        const { againstTables, reportTables } = await import('../reports/tables')
        const tables = against ? againstTables(source, against) : reportTables(source)
        const table = tables.find((each) => each.id === id)
        if (table === undefined) throw new InputError(`the report has no table '${id}'`, { field: 'id' })
        const { tableText, provenanceOf } = await loadReports()
        return { text: tableText(table, format, provenanceOf(source)) }
      }),
    ),

  figure: procedure
    .input(z.strictObject({ ...drawn, id: z.string().max(1_000), format: z.enum(FIGURE_FORMATS) }))
    .query(
      beside('reports.figure', async ({ ctx, input }): Promise<Download> => {
        const report = await compose(ctx.workbench, { ...input, tables: [], figures: [input.id] })
        const [figure] = report.figures
        if (figure === undefined)
          throw new InputError(`the report has no figure '${input.id}'`, { field: 'id' })
        const { drawFigure } = await loadReports()
        const content = Buffer.from(drawFigure(figure, input.format, report.look))
        return { name: `${figure.id}.${input.format}`, base64: content.toString('base64') }
      }),
    ),

  /** Writes the chosen parts into a folder of the machine that the workbench runs on. */
  write: procedure.input(z.strictObject({ ...files, folder: folderPath })).mutation(
    beside(
      'reports.write',
      async ({ ctx, input: { folder, ...input } }) => {
        makeFolder(wholePath(folder), { field: 'folder' })
        return { folder, files: await writeFiles(ctx.workbench, folder, input) }
      },
      'mutation',
    ),
  ),

  /** The same as one archive to download, for a browser on another machine. */
  archive: procedure.input(filesInput).mutation(
    beside(
      'reports.archive',
      async ({ ctx, input }): Promise<Download> => {
        const folder = await mkdtemp(join(tmpdir(), 'fairsweep-report-'))
        try {
          const { fileName } = await loadExport()
          const name = `${fileName(input.study)}-report`
          const inside: Record<string, Uint8Array> = {}
          for (const path of await writeFiles(ctx.workbench, folder, input)) {
            inside[`${name}/${basename(path)}`] = await readFile(path)
          }
          return { name: `${name}.zip`, base64: Buffer.from(zipSync(inside)).toString('base64') }
        } finally {
          await rm(folder, { recursive: true, force: true })
        }
      },
      'mutation',
    ),
  ),
})

type Wanted = Pick<FilesInput, 'study' | 'otherRate' | 'look' | 'tables' | 'figures'>

async function compose(workbench: Workbench, wanted: Wanted) {
  const { composeReport } = await loadReports()
  return composeReport(await sourceOf(workbench, wanted), choiceOf(wanted))
}

async function sourceOf(workbench: Workbench, { study, otherRate }: Wanted) {
  const { readReportSource } = await loadSource()
  return readReportSource(workbench, study, { otherRate })
}

const choiceOf = ({ tables, figures, look }: Wanted) => ({
  ...{ tables, figures },
  look: look && figureLook(look),
})

async function writeFiles(workbench: Workbench, folder: string, input: FilesInput): Promise<string[]> {
  const { formats, figureFormats, runFormats, metrics, study } = input
  if (formats.length + figureFormats.length + runFormats.length === 0) {
    throw new InputError('nothing is to be written, expected at least one format', { field: 'formats' })
  }
  const { writeReport } = await loadReports()
  const { exportParts, writeExport } = await loadExport()
  const written = await writeReport(
    await sourceOf(workbench, input),
    folder,
    { formats, figures: figureFormats },
    choiceOf(input),
  )
  return [
    ...written,
    ...(await writeExport(workbench.store, study, folder, exportParts(runFormats, metrics))),
  ]
}
