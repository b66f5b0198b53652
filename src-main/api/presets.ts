import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installation } from '../installation'

/** A ready-made study to start from. */
export interface Preset {
  /** Its file's name without the ending. */
  readonly name: string
  /** In words. */
  readonly title: string
  /** The first comment of the file: what the study is for. */
  readonly about: string
  readonly text: string
}

const TITLES: Readonly<Record<string, string>> = {
  'paper-protocol-mnist': 'Paper protocol',
  'paper-table1': 'Paper’s Table 1',
  'fpt-single-rate': 'FPT’s single learning rate',
  'quick-look': 'Quick look',
  demo: 'Demo',
}

export function presets(folder = installation.studies): Preset[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8')
      const name = file.slice(0, -'.yaml'.length)
      return { name, title: TITLES[name] ?? name, about: firstComment(text), text }
    })
}

function firstComment(text: string): string {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('#'))
  return lines
    .slice(0, end === -1 ? lines.length : end)
    .map((line) => line.replace(/^#\s?/, ''))
    .join(' ')
    .trim()
}
