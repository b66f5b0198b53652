/** What a column of the history shows, how wide it is, and how it stands in the URL. */

export interface RunColumn {
  /** A field of the filter language. */
  readonly field: string
  readonly title: string
  readonly width: number
  /** Numbers stand under one another on the right. */
  readonly right: boolean
  /** Grouped runs show its mean ± SEM. */
  readonly isMeasure: boolean
  readonly about: string
}

export interface PlacedColumn extends RunColumn {
  /** Stays in sight when the table is scrolled sideways. */
  readonly pinned: boolean
}

const column = (
  field: string,
  title: string,
  width: number,
  about: string,
  kind: 'text' | 'number' | 'measure' = 'text',
): RunColumn => ({ field, title, width, right: kind !== 'text', isMeasure: kind === 'measure', about })

/** Every column there is. */
export const RUN_COLUMNS: readonly RunColumn[] = [
  column('state', 'State', 112, 'What became of the run'),
  column('setting', 'Setting', 172, 'How the trunk is treated'),
  column('lr', 'Rate', 76, 'Learning rate', 'number'),
  column('seed', 'Seed', 56, 'Seed', 'number'),
  column('val/accuracy', 'Val. acc.', 84, 'Validation accuracy (%) at the best step', 'measure'),
  column('val/loss', 'Val. loss', 84, 'Validation loss at the best step', 'measure'),
  column('val/accuracy_masked', 'Val. masked', 104, 'Validation accuracy (%) over masked bits', 'measure'),
  column('test/accuracy', 'Test acc.', 84, 'Test accuracy (%), read once at that step', 'measure'),
  column('test/loss', 'Test loss', 84, 'Test loss, read once at that step', 'measure'),
  column('test/accuracy_masked', 'Test masked', 104, 'Test accuracy (%) over masked bits', 'measure'),
  column('steps', 'Steps', 96, 'Steps trained so far', 'measure'),
  column('best_step', 'Best step', 92, 'The step that validation chose', 'measure'),
  column('task', 'Task', 100, 'Name of the task'),
  column('model', 'Model', 110, 'Name of the model'),
  column('study', 'Study', 136, 'The study in whose words it is told'),
  column('tag', 'Tags', 150, 'Tags that people gave it'),
  column('note', 'Note', 200, 'The first line of its note'),
  column('started_at', 'Started', 112, 'When it started'),
  column('finished_at', 'Ended', 112, 'When it ended'),
  column('parameters_trained', 'Trained', 100, 'Parameters that receive a gradient', 'number'),
  column('parameters_total', 'Parameters', 104, 'Parameters in all', 'number'),
  column('reason', 'Reason', 240, 'Why it failed, diverged or was cancelled'),
  column('id', 'Run', 116, 'Its id'),
]

const BY_FIELD = new Map(RUN_COLUMNS.map((each) => [each.field, each]))
const USUAL = [
  ...['state', 'setting', 'lr', 'seed', 'val/accuracy', 'val/loss', 'test/accuracy', 'steps'],
  ...['task', 'model', 'study', 'tag', 'finished_at'],
]

export const USUAL_COLUMNS: readonly PlacedColumn[] = USUAL.flatMap((field) => placed(field) ?? [])

export const MIN_WIDTH = 48
const MAX_WIDTH = 800

/** The column of a field with its usual width; undefined where there is none. */
export function placed(field: string): PlacedColumn | undefined {
  const found = BY_FIELD.get(field)
  return found && { ...found, pinned: false }
}

/** "setting.172p,lr": field, width where it is another than usual, p where it is pinned. Empty: the usual columns. */
export function readColumns(word: string): readonly PlacedColumn[] {
  if (word === '') return USUAL_COLUMNS
  const columns = word.split(',').flatMap((part): PlacedColumn[] => {
    const [, field = '', width, pin] = /^([^.]+?)(?:\.(\d{1,4})?(p?))?$/.exec(part) ?? []
    const found = placed(field)
    if (found === undefined) return []
    return [{ ...found, width: clampWidth(width ? Number(width) : found.width), pinned: pin === 'p' }]
  })
  const once = columns.filter(({ field }, i) => columns.findIndex((other) => other.field === field) === i)
  return once.length === 0 ? USUAL_COLUMNS : once
}

export function writeColumns(columns: readonly PlacedColumn[]): string {
  const word = wordOf(columns)
  return word === wordOf(USUAL_COLUMNS) ? '' : word
}

const wordOf = (columns: readonly PlacedColumn[]): string =>
  columns
    .map(({ field, width, pinned }) => {
      const other = width === BY_FIELD.get(field)?.width ? '' : String(Math.round(width))
      return other === '' && !pinned ? field : `${field}.${other}${pinned ? 'p' : ''}`
    })
    .join(',')

export const clampWidth = (width: number): number => Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width))

/** Pinned ones first, each group in its own order: so they stand, and so they are drawn. */
export const inSight = (columns: readonly PlacedColumn[]): PlacedColumn[] => [
  ...columns.filter(({ pinned }) => pinned),
  ...columns.filter(({ pinned }) => !pinned),
]

/** The columns with the one at `from` moved to where `to` stands. */
export function moved(columns: readonly PlacedColumn[], from: string, to: string): PlacedColumn[] {
  const moving = columns.find(({ field }) => field === from)
  const at = columns.findIndex(({ field }) => field === to)
  if (moving === undefined || at < 0 || from === to) return [...columns]
  const rest = columns.filter(({ field }) => field !== from)
  rest.splice(at, 0, moving)
  return rest
}

/** The order after a press on a column's head: falling, rising, none; with `adds` behind what is asked for already. */
export function nextSort(
  sort: readonly string[],
  field: string,
  adds: boolean,
  risesFirst: boolean,
): string[] {
  const first = risesFirst ? field : `-${field}`
  const second = risesFirst ? `-${field}` : field
  const now = sort.find((word) => word === first || word === second)
  const next = now === undefined ? [first] : now === first ? [second] : []
  if (!adds) return next
  return now === undefined ? [...sort, ...next] : sort.flatMap((word) => (word === now ? next : [word]))
}
