/** What a chart is drawn with apart from its data: the colours of its surroundings and the font. */
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

/** Colours that tell runs apart in one chart, by their place in the selection; readable on both grounds. */
const RUN_COLORS = {
  light: [
    '#0b5cad',
    '#c2410c',
    '#2f7d57',
    '#8a2c8f',
    '#b98300',
    '#3a93d1',
    '#a3427a',
    '#54626e',
    '#6b6a00',
    '#6f4fc4',
  ],
  dark: [
    '#6cb6ff',
    '#ff9457',
    '#5cc792',
    '#d99adf',
    '#e6b325',
    '#3d8fd1',
    '#ea8cc3',
    '#a5b3bf',
    '#c6c444',
    '#ab92f5',
  ],
} as const

export function runColor(place: number, shade: ChartInk['shade']): string {
  const colors = RUN_COLORS[shade]
  return colors[place % colors.length] ?? colors[0]
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
