/** Edits that follow each other so closely, from one place, are one step back. */
const TOGETHER_MS = 700
const MOST_STEPS = 200

interface State {
  readonly text: string
  /** What made it: a field's path, or the editor. */
  readonly source: string
  readonly at: number
}

/** The texts that a study file has been, so that any edit, by form or by hand, can be taken back. */
export class TextHistory {
  private past: State[]
  private future: State[] = []

  constructor(text: string) {
    this.past = [{ text, source: '', at: 0 }]
  }

  /** @param at milliseconds */
  push(text: string, source: string, at: number): void {
    const last = this.past.at(-1)
    if (last?.text === text) return
    this.future = []
    const isSameEdit =
      last?.source === source && source !== '' && at - last.at < TOGETHER_MS && this.past.length > 1
    if (isSameEdit) this.past.pop()
    this.past = [...this.past, { text, source, at }].slice(-MOST_STEPS)
  }

  get canUndo(): boolean {
    return this.past.length > 1
  }

  get canRedo(): boolean {
    return this.future.length > 0
  }

  /** The text before the last edit; null when there was none. */
  undo(): string | null {
    const last = this.canUndo ? this.past.pop() : undefined
    if (last === undefined) return null
    this.future.push(last)
    return this.past.at(-1)?.text ?? null
  }

  redo(): string | null {
    const next = this.future.pop()
    if (next === undefined) return null
    // Typing after a redo is an edit of its own.
    this.past.push({ ...next, source: '' })
    return next.text
  }
}
