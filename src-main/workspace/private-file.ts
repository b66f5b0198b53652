import { randomUUID } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'

/** Writes a file that only this user can read (mode 0600), whole or not at all. */
export function writePrivately(file: string, text: string): void {
  const draft = `${file}.${randomUUID()}.draft`
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' })
  renameSync(draft, file)
}
