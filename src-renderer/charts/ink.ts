/** What a chart is drawn with apart from its data: the colours of its surroundings, the font, its room. */
export interface ChartInk {
  readonly shade: 'light' | 'dark'
  readonly font: string
  readonly text: string
  readonly textSoft: string
  readonly textFaint: string
  readonly surface: string
  readonly raised: string
  readonly line: string
  readonly lineStrong: string
  readonly accent: string
  readonly bad: string
  /** Pixels across that it is drawn for, where they are known beforehand: its legend breaks to them. */
  readonly width?: number
}

const FONT = 'Inter, Helvetica, Arial, sans-serif'

export const LIGHT_INK: ChartInk = {
  shade: 'light',
  font: FONT,
  text: '#17212b',
  textSoft: '#4a5763',
  textFaint: '#65727e',
  surface: '#ffffff',
  raised: '#ffffff',
  line: '#e9ecee',
  lineStrong: '#c9d0d5',
  accent: '#0b7268',
  bad: '#b3261e',
}

export const DARK_INK: ChartInk = {
  shade: 'dark',
  font: FONT,
  text: '#e6ebee',
  textSoft: '#b3bec6',
  textFaint: '#8e9ba4',
  surface: '#161c20',
  raised: '#1c2328',
  line: '#232c31',
  lineStrong: '#3a464e',
  accent: '#4cc4b2',
  bad: '#f28b82',
}

/** For paper: black on white, nothing that a printer would lose. */
export const PRINT_INK: ChartInk = {
  ...LIGHT_INK,
  text: '#000000',
  textSoft: '#1f1f1f',
  textFaint: '#3d3d3d',
  line: '#e4e4e4',
  lineStrong: '#7a7a7a',
}
