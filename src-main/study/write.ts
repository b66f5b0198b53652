import { isCollection, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml'
import type { Document, Scalar } from 'yaml'
import { formatRate } from './rates'

/**
 * A study file's text with one value set, or taken out where it is undefined. Comments, order and style stay; numbers
 * are written as people write them (1e-5, not 0.00001). Text that is not YAML, or no mapping, comes back as it was.
 *
 * Pure: the window edits its text with this while it is being typed.
 */
export function editStudy(text: string, path: readonly (string | number)[], value: unknown): string {
  const document = parseDocument(text, { logLevel: 'silent' })
  if (document.errors.length > 0 || (document.contents !== null && !isMap(document.contents))) return text
  if (value === undefined) take(document, path)
  else put(document, path, value)
  return document.toString({ lineWidth: 110, flowCollectionPadding: false })
}

/**
 * The text of a study file with what a remedy of the audit, or a click in a figure, asks for: options of `training`,
 * `validation` and `test` one by one, everything else whole; a mapping of nothing leaves the file. Rates that become
 * everybody's are no setting's extra any more.
 */
export function patchStudy(text: string, patch: StudyChanges): string {
  const patched = Object.entries(patch).reduce((now, [key, value]) => {
    if (!BY_OPTION.includes(key)) return editStudy(now, [key], isEmpty(value) ? undefined : value)
    return Object.entries(value as object).reduce(
      (inner, [name, each]) => editStudy(inner, [key, name], each),
      now,
    )
  }, text)
  const { learning_rates: shared, extra_learning_rates: extra } = patch
  return Array.isArray(shared) && extra === undefined ? withoutShared(patched, shared) : patched
}

function withoutShared(text: string, shared: readonly unknown[]): string {
  const document = parseDocument(text, { logLevel: 'silent' })
  const extra: unknown = document.errors.length > 0 ? null : document.get('extra_learning_rates')
  if (!isMap(extra)) return text
  return extra.items.reduce((now, { key, value }) => {
    const setting = isScalar(key) ? String(key.value) : ''
    const own: unknown[] = isSeq(value) ? value.items.map((rate) => (isScalar(rate) ? rate.value : rate)) : []
    const left = own.filter((rate) => !shared.includes(rate))
    if (left.length === own.length) return now
    return editStudy(now, ['extra_learning_rates', setting], left.length === 0 ? undefined : left)
  }, text)
}

/** New values by key of the study file. */
export type StudyChanges = Readonly<Partial<Record<string, unknown>>>

const BY_OPTION: readonly string[] = ['training', 'validation', 'test']

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0

function put(document: Document, path: readonly (string | number)[], value: unknown): void {
  const old: unknown = document.getIn(path, true)
  const node = document.createNode(value, { flow: true })
  const isRate = String(path[0]).endsWith('learning_rates') && path.at(-1) !== 'per_decade'
  visit(node, { Scalar: (_, scalar) => writeNumber(scalar, isRate) })
  if (isScalar(old) && isScalar(node)) {
    // The node stays, since a comment behind the value belongs to it.
    if (old.value === node.value) return
    old.value = node.value
    delete old.source
    writeNumber(old, isRate)
    return
  }
  if (isCollection(old) && isCollection(node)) {
    node.flow = old.flow
    node.comment = old.comment
    node.commentBefore = old.commentBefore
  }
  const parent = path.slice(0, -1)
  if (parent.length > 0 && !isCollection(document.getIn(parent))) {
    document.setIn(parent, document.createNode({}, { flow: true }))
  }
  document.setIn(path, node)
}

function take(document: Document, path: readonly (string | number)[]): void {
  if (!document.hasIn(path)) return
  document.deleteIn(path)
  const parent = document.getIn(path.slice(0, -1))
  if (path.length > 1 && (isMap(parent) || isSeq(parent)) && parent.items.length === 0) {
    document.deleteIn(path.slice(0, -1))
  }
}

/** Rates of 1e-2 and below are written as people write them; of other numbers only very small ones. */
function writeNumber(scalar: Scalar, isRate: boolean): void {
  const { value } = scalar
  if (typeof value !== 'number') return
  const isSmall = value !== 0 && Math.abs(value) < (isRate ? 0.1 : 0.01)
  scalar.format = isSmall && formatRate(value).includes('e') ? 'EXP' : undefined
  scalar.minFractionDigits = undefined
}
