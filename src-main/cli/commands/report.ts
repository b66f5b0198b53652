import { readFile, stat } from 'node:fs/promises'
import { InputError } from '../../errors'
import { FIGURE_FONTS } from '../../reports/figure-fonts'
import { figureLook, LOOK_LIMITS, USUAL_PAPER_LOOK } from '../../reports/figure-look'
import type { FigureLook } from '../../reports/figure-look'
import { FIGURE_FORMATS, REPORT_FORMATS } from '../../reports/formats'
import type { ReportSource } from '../../reports/report'
import { openWorkbench } from '../../workbench'
import type { Workbench } from '../../workbench'
import { makeFolder } from '../../workspace/folder'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'
import { PAIRING_HELP, pairingOption, rateOption, wordsOption } from '../options'
import { nameOfStudy } from '../which-study'
import { countText, plain, tableText } from '../words'

// What draws and writes reports is loaded by the commands that need it: it would slow the start of all others.
const loadReports = () => import('../../reports/report')
const loadVerify = () => import('../../reports/verify')
const loadSource = () => import('../../reports/read-source')

const USUAL_SIZE = `${USUAL_PAPER_LOOK.widthMm}x${USUAL_PAPER_LOOK.heightMm}`

export function addReport(line: CommandLine): void {
  line
    .add('report <study>', 'report tables and figures', report)
    .requiredOption('--out <dir>', 'folder to write into')
    .option('--format <formats>', 'md, latex, csv, html, json, pdf; several with commas between', 'md')
    .option('--figures <formats>', 'svg, png, pdf; several with commas between', 'svg')
    .option('--figure-size <mm>', `width and height of plots on paper, such as 85x62 (${USUAL_SIZE})`)
    .option('--label-size <points>', `size of the figures' labels (${USUAL_PAPER_LOOK.labelPoints})`)
    .option('--font <name>', `of the figures: ${FIGURE_FONTS.join(', ')} (${USUAL_PAPER_LOOK.font})`)
    .option('--other-rate <rate>', 'the one learning rate that another paper used for all settings')
    .option('--pairing <how>', PAIRING_HELP)
  line.add('verify <file>', 'recomputes an exported table and lists what no longer matches', verify)
}

interface Options {
  readonly out: string
  readonly format: string
  readonly figures: string
  readonly figureSize?: string
  readonly labelSize?: string
  readonly font?: string
  readonly otherRate?: string
  readonly pairing?: string
}

async function report({ terminal, workspace }: Invocation, options: Options, study = ''): Promise<number> {
  const { writeReport } = await loadReports()
  const formats = wordsOption(options.format, REPORT_FORMATS, '--format')
  const figures = wordsOption(options.figures, FIGURE_FORMATS, '--figures')
  const asked = {
    otherRate: rateOption(options.otherRate, '--other-rate'),
    pairing: pairingOption(options.pairing),
  }
  const look = lookOption(options)
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    const source = await sourceOf(workbench, await nameOfStudy(workbench, study), asked)
    makeFolder(options.out, { field: '--out' })
    const files = await writeReport(source, options.out, { formats, figures }, { look })
    terminal.print(files.join('\n'))
    terminal.document({ files })
    return EXIT.done
  } finally {
    await workbench.close()
  }
}

/** The figures' size, labels and font; what is not given is as usual. */
function lookOption({ figureSize = USUAL_SIZE, labelSize, font: named }: Options): FigureLook {
  const [across = '', high = '', ...more] = figureSize.split('x')
  if (more.length > 0 || high === '') {
    throw new InputError(`found '${figureSize}', expected millimetres such as 85x62`, {
      field: '--figure-size',
    })
  }
  const font = FIGURE_FONTS.find((each) => each === (named ?? USUAL_PAPER_LOOK.font))
  if (font === undefined) {
    throw new InputError(`found '${named}', expected ${FIGURE_FONTS.join(', ')}`, { field: '--font' })
  }
  const { widthMm, heightMm, labelPoints } = LOOK_LIMITS
  return figureLook({
    widthMm: sizeOption(across, widthMm, '--figure-size', 'a width in millimetres'),
    heightMm: sizeOption(high, heightMm, '--figure-size', 'a height in millimetres'),
    labelPoints: sizeOption(
      labelSize ?? `${USUAL_PAPER_LOOK.labelPoints}`,
      labelPoints,
      '--label-size',
      'points',
    ),
    font,
  })
}

type Limits = readonly [least: number, most: number]
function sizeOption(text: string, [least, most]: Limits, field: string, what: string): number {
  const size = Number(text)
  if (text.trim() !== '' && size >= least && size <= most) return size
  throw new InputError(`found '${text}', expected ${what} from ${least} to ${most}`, { field })
}

async function sourceOf(
  workbench: Workbench,
  study: string,
  asked: Parameters<Workbench['compare']>[1],
): Promise<ReportSource> {
  const { readReportSource } = await loadSource()
  return readReportSource(workbench, study, asked)
}

const LARGEST_TABLE_BYTES = 100_000_000

async function verify({ terminal, workspace }: Invocation, _options: object, file = ''): Promise<number> {
  const { readTableFile, verifyTable } = await loadVerify()
  const read = readTableFile(await readTable(file), file)
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    const study = await nameOfStudy(workbench, read.study)
    const { otherRate, pairing } = read
    const source = await sourceOf(workbench, study, { otherRate: otherRate ?? undefined, pairing })
    const { changes, cells, ruleChanged, runsChanged, altered } = verifyTable(read, file, source)
    if (changes.length > 0) {
      terminal.print(
        tableText(
          ['cell', 'in the file', 'now'],
          changes.map(({ key, found, now }) => [key, found, now ?? 'gone']),
        ),
      )
    }
    const notes = [
      ruleChanged ? 'the selection rule changed' : '',
      runsChanged ? 'runs of the study changed' : '',
    ]
    const because = notes.filter((note) => note !== '').join(' and ')
    terminal.print(
      changes.length === 0
        ? `${plain(file)}: all ${countText(cells, 'cell')} match ${plain(study)}${because && ` (though ${because})`}`
        : `\n${plain(file)}: ${changes.length} of ${countText(cells, 'cell')} no longer match ${plain(study)}${because && `: ${because}`}`,
    )
    if (altered === true) {
      terminal.print(
        'The pages were altered since they were written: compare what they show with the report attached to them.',
      )
    }
    terminal.document({
      file,
      study,
      cells,
      changes,
      rule_changed: ruleChanged,
      runs_changed: runsChanged,
      altered,
    })
    return changes.length === 0 && altered !== true ? EXIT.done : EXIT.failed
  } finally {
    await workbench.close()
  }
}

async function readTable(file: string): Promise<Buffer> {
  const found = await stat(file).catch(() => null)
  if (!found?.isFile()) throw new InputError('no such file, expected an exported table', { file })
  if (found.size > LARGEST_TABLE_BYTES) {
    throw new InputError(`found ${found.size} bytes, expected at most ${LARGEST_TABLE_BYTES}`, { file })
  }
  return readFile(file)
}
