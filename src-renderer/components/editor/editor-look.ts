import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** The house's colours by name, so that an editor follows the theme without being told. */
const ink = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--odd)' },
  { tag: [tags.string, tags.content], color: 'var(--text)' },
  { tag: tags.comment, color: 'var(--text-faint)', fontStyle: 'italic' },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: 'var(--text-faint)' },
])

const look = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'transparent', fontSize: '12px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--text)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-line': { padding: '0 12px 0 6px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--accent) 24%, transparent) !important',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine, &.cm-focused .cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '&.cm-focused .cm-activeLineGutter': { color: 'var(--text-soft)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--text-faint)', border: '0' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 6px 0 10px' },
  '.cm-matchingBracket': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 20%, transparent) !important',
    color: 'inherit',
  },
  '.cm-placeholder': { color: 'var(--text-faint)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--bad)',
    textUnderlineOffset: '3px',
  },
  '.cm-problem': {
    padding: '1px 12px 3px 6px',
    color: 'var(--bad)',
    backgroundColor: 'var(--bad-soft)',
    borderLeft: '2px solid var(--bad)',
    fontFamily: 'var(--sans)',
    lineHeight: '17px',
    whiteSpace: 'pre-wrap',
  },
  '.cm-tooltip': {
    color: 'var(--text)',
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
    boxShadow: '0 4px 14px rgb(0 0 0 / 16%)',
    fontFamily: 'var(--sans)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '16em' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 10px', lineHeight: '18px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    color: 'var(--text)',
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-completionDetail': { color: 'var(--text-faint)', fontStyle: 'normal', marginLeft: '14px' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '600', color: 'var(--accent)' },
  '.cm-completionInfo, .cm-explanation': { maxWidth: '340px', padding: '7px 10px', lineHeight: '1.45' },
  '.cm-explanation b': { fontFamily: 'var(--mono)', fontWeight: '600' },
  '.cm-explanation p': { margin: '2px 0 0', color: 'var(--text-soft)' },
})

/** Many lines fill a panel, whose edge is not theirs to colour. */
const manyLines = EditorView.theme({
  '&:focus-within': { boxShadow: 'inset 0 0 0 2px color-mix(in srgb, var(--accent) 40%, transparent)' },
})

/** A single line in a field of its own height. */
const oneLine = EditorView.theme({
  '.cm-content': { padding: '5px 0' },
  '.cm-line': { padding: '0 8px' },
  '.cm-scroller': { overflowX: 'auto', scrollbarWidth: 'none' },
})

export const editorLook = (isOneLine: boolean): Extension => [
  // The first of two that contradict wins.
  isOneLine ? oneLine : manyLines,
  look,
  syntaxHighlighting(ink),
]
