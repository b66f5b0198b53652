/** Where a drawn chart's axis and drawing lie in its box, in pixels: for what stands on top of it. */
export interface ChartLayout {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  /** Of a value on an axis. */
  readonly xOf: (value: number) => number
  readonly yOf: (value: number) => number
  /** The value on the horizontal axis at a pixel. */
  readonly valueAt: (x: number) => number
  /** Shows what a pointer at this value of the horizontal axis would show; null: shows it no more. */
  readonly point: (value: number | null) => void
  /** Hides what an entry of the legend stands for, or shows it again. */
  readonly toggle: (name: string) => void
}

/** What was clicked: the datum as its option builder made it, and where in the box. */
export interface ChartPick {
  readonly data: unknown
  readonly x: number
  readonly y: number
}
