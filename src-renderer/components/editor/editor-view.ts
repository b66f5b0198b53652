import { autocompletion, closeBrackets, completionKeymap, startCompletion } from '@codemirror/autocomplete'
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, indentUnit } from '@codemirror/language'
import { lintKeymap } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import type { Extension } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  hoverTooltip,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view'
import { editorLook } from './editor-look'
import type { Explain, Suggest, Suggestion } from './editor-words'
import { problemWords } from './problem-marks'

/** How an editor is set up; the functions are asked anew each time, so they may follow what the view knows. */
export interface EditorSetup {
  readonly text: string
  readonly label: string
  readonly isOneLine: boolean
  readonly hint: string
  readonly suggest: Suggest
  readonly explain: Explain
  readonly changed: (text: string) => void
  /** Enter in a single line. */
  readonly accepted: () => void
  /** Null: the editor keeps its own history. */
  readonly history: { readonly undo: () => void; readonly redo: () => void } | null
}

export function openEditor(parent: HTMLElement, setup: EditorSetup): EditorView {
  const state = EditorState.create({ doc: setup.text, extensions: extensionsOf(setup) })
  return new EditorView({ state, parent })
}

/** Puts another text in place by the smallest change, so that cursor, scroll and marks stay where they were. */
export function replaceText(view: EditorView, text: string): void {
  const old = view.state.doc.toString()
  if (old === text) return
  let start = 0
  while (start < old.length && start < text.length && old[start] === text[start]) start++
  let end = 0
  const most = Math.min(old.length, text.length) - start
  while (end < most && old[old.length - 1 - end] === text[text.length - 1 - end]) end++
  view.dispatch({
    changes: { from: start, to: old.length - end, insert: text.slice(start, text.length - end) },
  })
}

function extensionsOf(setup: EditorSetup): Extension[] {
  const { isOneLine } = setup
  return [
    drawSelection(),
    closeBrackets(),
    editorLook(isOneLine),
    // What can be edited has the focus anyway; the tab index says so to those who only read attributes.
    EditorView.contentAttributes.of({ 'aria-label': setup.label, spellcheck: 'false', tabindex: '0' }),
    EditorView.updateListener.of(({ docChanged, state }) => {
      if (docChanged) setup.changed(state.doc.toString())
    }),
    autocompletion({ override: [(context) => completions(context, setup.suggest)], icons: false }),
    hoverTooltip((view, at) => explanation(view, at, setup.explain)),
    ...(setup.hint === '' ? [] : [placeholder(setup.hint)]),
    ...(isOneLine ? singleLine(setup) : manyLines()),
    ...historyOf(setup),
    keymap.of([...completionKeymap, ...lintKeymap, ...defaultKeymap]),
  ]
}

const manyLines = (): Extension[] => [
  yaml(),
  indentUnit.of('  '),
  EditorState.tabSize.of(2),
  lineNumbers(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  bracketMatching(),
  EditorView.lineWrapping,
  problemWords,
]

/** Line breaks that are pasted become spaces; Enter accepts. */
const singleLine = ({ accepted }: EditorSetup): Extension[] => [
  EditorState.transactionFilter.of((transaction) =>
    transaction.newDoc.lines > 1
      ? [
          {
            changes: {
              from: 0,
              to: transaction.startState.doc.length,
              insert: transaction.newDoc.toString().replace(/\s*\n\s*/g, ' '),
            },
          },
        ]
      : transaction,
  ),
  // The list of completions, which is asked first, takes Enter while it is open.
  keymap.of([{ key: 'Enter', run: () => (accepted(), true) }]),
]

function historyOf({ history: outer }: EditorSetup): Extension[] {
  if (outer === null) return [history(), keymap.of(historyKeymap)]
  const undo = (): boolean => (outer.undo(), true)
  const redo = (): boolean => (outer.redo(), true)
  return [
    keymap.of([
      { key: 'Mod-z', run: undo, preventDefault: true },
      { key: 'Mod-y', mac: 'Mod-Shift-z', run: redo, preventDefault: true },
      { key: 'Mod-Shift-z', run: redo, preventDefault: true },
    ]),
  ]
}

function completions(context: CompletionContext, suggest: Suggest): CompletionResult | null {
  const found = suggest(context.state.doc.toString(), context.pos, context.explicit)
  if (found === null || found.options.length === 0) return null
  return { from: found.from, options: found.options.map(completionOf), validFor: /^[\w+.-]*$/ }
}

function completionOf({
  label,
  insert,
  detail,
  about,
  kind,
  rank = 0,
  more = false,
}: Suggestion): Completion {
  return {
    label,
    detail,
    info: about,
    type: kind,
    boost: rank,
    apply: (view, _, from, to) => {
      const text = insert ?? label
      view.dispatch({
        changes: { from, to, insert: text },
        selection: { anchor: from + text.length },
        userEvent: 'input.complete',
      })
      if (more) startCompletion(view)
    },
  }
}

function explanation(view: EditorView, at: number, explain: Explain) {
  const found = explain(view.state.doc.toString(), at)
  if (found === null) return null
  return {
    pos: found.from,
    end: found.to,
    above: true,
    create: () => {
      const dom = document.createElement('div')
      dom.className = 'cm-explanation'
      const title = document.createElement('b')
      title.textContent = found.title
      dom.append(
        title,
        ...found.lines.map((line) => {
          const paragraph = document.createElement('p')
          paragraph.textContent = line
          return paragraph
        }),
      )
      return { dom }
    },
  }
}
