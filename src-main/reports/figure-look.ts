import type { FigureSize } from './drawing'
import type { FigureFont } from './figure-fonts'

/** How figures are drawn: plots of `plot` in their own pixels, everything in them enlarged by `scale`. */
export interface FigureLook {
  readonly plot: FigureSize
  readonly scale: number
  readonly font: FigureFont
}

/** The same as people say it. */
export interface PaperLook {
  /** Across, in millimetres. */
  readonly widthMm: number
  /** Of the plots; a figure whose rows are settings or runs is as high as they are. */
  readonly heightMm: number
  /** Size of the labels in points. */
  readonly labelPoints: number
  readonly font: FigureFont
}

/** Least and most of each size. */
export const LOOK_LIMITS = { widthMm: [40, 600], heightMm: [30, 600], labelPoints: [4, 36] } as const

/** Labels are 12 pixels of 1/96 inch high. */
const LABEL_POINTS = 9
const PIXELS_PER_MM = 96 / 25.4

/** Across a page between its margins. */
export const USUAL_PAPER_LOOK: PaperLook = { widthMm: 180, heightMm: 106, labelPoints: 9, font: 'inter' }

/** Figures of this size on paper whose labels have this size: lines and margins grow with the letters. */
export function figureLook({ widthMm, heightMm, labelPoints, font }: PaperLook): FigureLook {
  const scale = labelPoints / LABEL_POINTS
  const pixels = (mm: number): number => Math.round((mm * PIXELS_PER_MM) / scale)
  return { plot: { width: pixels(widthMm), height: pixels(heightMm) }, scale, font }
}

export const USUAL_LOOK: FigureLook = figureLook(USUAL_PAPER_LOOK)
