import { setDiagnostics } from '@codemirror/lint'
import type { Diagnostic } from '@codemirror/lint'
import { StateEffect, StateField } from '@codemirror/state'
import type { Extension, Text } from '@codemirror/state'
import { Decoration, EditorView, WidgetType } from '@codemirror/view'
import type { DecorationSet } from '@codemirror/view'
import type { TextProblem } from './editor-words'

/** What is wrong, said under the line that it is about: nobody has to find the place, or to hover. */

class ProblemWords extends WidgetType {
  constructor(private readonly message: string) {
    super()
  }

  override eq(other: ProblemWords): boolean {
    return other.message === this.message
  }

  override toDOM(): HTMLElement {
    const words = document.createElement('div')
    words.className = 'cm-problem'
    words.setAttribute('role', 'note')
    words.textContent = this.message
    return words
  }
}

const setWords = StateEffect.define<DecorationSet>()

/** Messages stay beside their lines while the text above them changes. */
export const problemWords: Extension = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(words, transaction) {
    const given = transaction.effects.find((effect) => effect.is(setWords))
    return given === undefined ? words.map(transaction.changes) : given.value
  },
  provide: (field) => EditorView.decorations.from(field),
})

/** Shows these problems and no others; with `inWords`, each is also said under its line. */
export function showProblems(view: EditorView, problems: readonly TextProblem[], inWords: boolean): void {
  const found = problems.map((problem) => diagnosticOf(view.state.doc, problem))
  view.dispatch(setDiagnostics(view.state, found))
  if (!inWords) return
  const widgets = found
    .map(({ to, message }) => ({ at: view.state.doc.lineAt(to).to, message }))
    .sort((a, b) => a.at - b.at)
    .map(({ at, message }) =>
      Decoration.widget({ widget: new ProblemWords(message), block: true, side: 1 }).range(at),
    )
  view.dispatch({ effects: setWords.of(Decoration.set(widgets)) })
}

function diagnosticOf(doc: Text, { message, line = 1, from, to }: TextProblem): Diagnostic {
  const severity = 'error'
  if (from !== undefined) {
    const start = Math.min(from, doc.length)
    return { from: start, to: Math.min(to ?? doc.length, doc.length), severity, message }
  }
  const at = doc.line(Math.max(1, Math.min(line, doc.lines)))
  const indent = at.text.length - at.text.trimStart().length
  return { from: at.from + indent, to: at.to, severity, message }
}
