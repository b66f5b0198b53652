/** Fonts that figures are drawn in. All ship in `resources/fonts`, so that every machine measures and draws the same. */
export const FIGURE_FONTS = ['inter', 'arimo', 'tinos'] as const
export type FigureFont = (typeof FIGURE_FONTS)[number]

interface FontFace {
  /** In `resources/fonts`, without what follows the point. */
  readonly file: string
  readonly weight: number
}

interface FontFacts {
  readonly family: string
  /** The font of papers that it stands beside without being noticed. */
  readonly like: string
  /** What a reader without the font takes instead, as CSS without quotes: it stands in attributes of SVG. */
  readonly instead: string
  readonly faces: readonly [regular: FontFace, bold: FontFace]
}

export const FONT_FACTS: Readonly<Record<FigureFont, FontFacts>> = {
  inter: {
    family: 'Inter',
    like: 'as in the window',
    instead: 'Helvetica, Arial, sans-serif',
    faces: [
      { file: 'Inter-Regular', weight: 400 },
      { file: 'Inter-SemiBold', weight: 600 },
    ],
  },
  arimo: {
    family: 'Arimo',
    like: 'as wide as Arial and Helvetica',
    instead: 'Arial, Helvetica, sans-serif',
    faces: [
      { file: 'Arimo-Regular', weight: 400 },
      { file: 'Arimo-Bold', weight: 700 },
    ],
  },
  tinos: {
    family: 'Tinos',
    like: 'as wide as Times',
    instead: 'Times, serif',
    faces: [
      { file: 'Tinos-Regular', weight: 400 },
      { file: 'Tinos-Bold', weight: 700 },
    ],
  },
}

/** What a drawing names: the font and what stands in for it. */
export const cssFont = (font: FigureFont): string => `${FONT_FACTS[font].family}, ${FONT_FACTS[font].instead}`
