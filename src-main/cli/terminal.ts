/** Where a command's words go. The result is on standard output; everything about the way to it is on standard error. */
export interface Terminal {
  /** One JSON document is wanted on standard output, and nothing else there. */
  readonly json: boolean
  readonly quiet: boolean
  /** Standard error is a terminal: progress may be drawn over itself. */
  readonly isInteractive: boolean
  /** The result, for people; silent with `--json`. */
  print(text: string): void
  /** The result, for programs; silent without `--json`. */
  document(value: unknown): void
  /** Progress and remarks; silent with `--quiet`. */
  note(text: string): void
  /** What must be known, whatever the flags. */
  warn(text: string): void
}

export function openTerminal({ json = false, quiet = false }: { json?: boolean; quiet?: boolean }): Terminal {
  return {
    json,
    quiet,
    isInteractive: process.stderr.isTTY && !quiet,
    print: (text) => void (json || process.stdout.write(`${text}\n`)),
    document: (value) => void (json && process.stdout.write(`${asJson(value)}\n`)),
    note: (text) => void (quiet || process.stderr.write(`${text}\n`)),
    warn: (text) => void process.stderr.write(`${text}\n`),
  }
}

/** JSON has no word for numbers that are not finite; they are the strings "NaN", "Infinity" and "-Infinity". */
export function asJson(value: unknown): string {
  const speak = (_key: string, item: unknown): unknown =>
    typeof item === 'number' && !Number.isFinite(item) ? String(item) : item
  return JSON.stringify(value, speak, 2)
}
