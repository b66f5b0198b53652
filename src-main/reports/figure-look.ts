import type { FigureSize } from './drawing'

/** How large figures are drawn: plots of `plot` in their own pixels, everything in them enlarged by `scale`. */
export interface FigureLook {
  readonly plot: FigureSize
  readonly scale: number
}

/** Labels are 12 pixels of 1/96 inch high. */
const LABEL_POINTS = 9
const PIXELS_PER_MM = 96 / 25.4

/** 180 mm across, labels of 9 points. */
export const USUAL_LOOK: FigureLook = { plot: { width: 680, height: 400 }, scale: 1 }

/**
 * Figures of this size on paper whose labels have this size: lines and margins grow with the letters.
 * @param widthMm across, in millimetres
 * @param heightMm of the plots; a figure whose rows are settings or runs is as high as they are
 * @param labelPoints size of the labels in points
 */
export function figureLook(widthMm: number, heightMm: number, labelPoints: number): FigureLook {
  const scale = labelPoints / LABEL_POINTS
  const pixels = (mm: number): number => Math.round((mm * PIXELS_PER_MM) / scale)
  return { plot: { width: pixels(widthMm), height: pixels(heightMm) }, scale }
}
