/** What an editor is told and asks for, in plain words: whoever uses it knows nothing of the library behind it. */

/** One thing that may stand at the cursor. */
export interface Suggestion {
  readonly label: string
  /** What is written; the label where absent. */
  readonly insert?: string
  /** A few words behind the label. */
  readonly detail?: string
  /** A sentence or two, shown beside the list. */
  readonly about?: string
  readonly kind?: 'key' | 'value' | 'name' | 'operator'
  /** Higher stands further up; 0 where absent. */
  readonly rank?: number
  /** Ask again at once: what was written wants something behind it. */
  readonly more?: boolean
}

/** Suggestions that replace the text from `from` to the cursor. */
export interface Suggestions {
  readonly from: number
  readonly options: readonly Suggestion[]
}

/** What may stand at a place (0-based offset) of the text. `asked`: by a key, not by typing. */
export type Suggest = (text: string, at: number, asked: boolean) => Suggestions | null

/** What is said about the word under the pointer. */
export interface Explanation {
  readonly from: number
  readonly to: number
  readonly title: string
  readonly lines: readonly string[]
}

export type Explain = (text: string, at: number) => Explanation | null

/** Something wrong: at a line (from 1), or between two offsets. */
export interface TextProblem {
  readonly message: string
  readonly line?: number
  readonly from?: number
  readonly to?: number
}

/** What an editor is given beside its text. */
export interface EditorProps {
  /** What it is, for whoever cannot see it. */
  readonly label: string
  /** A single line in which Enter accepts. */
  readonly oneLine?: boolean
  /** Shown while it is empty. */
  readonly hint?: string
  readonly problems?: readonly TextProblem[]
  readonly suggest?: Suggest
  readonly explain?: Explain
  /** Undo and redo are asked of whoever shows the editor, whose history holds more than this text's typing. */
  readonly outerHistory?: boolean
}
