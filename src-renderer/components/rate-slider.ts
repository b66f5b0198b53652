import { rate as rateText } from '../format'

/** How far a key moves a handle: one place, two, or as far as there is. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -2,
  PageUp: 2,
  Home: -Infinity,
  End: Infinity,
}

/** As far as a study file may go. */
const FAR_ENDS = [1e-12, 1e2] as const

/** What a handle on an axis of learning rates is to who hears it or moves it by keys. */
export interface RateHandle {
  readonly name: string
  readonly rate: number
  /** What else is to be said of where it stands. */
  readonly said?: string
  /** The rates between which it stays, and Home and End bring it to; null: it may be moved as far as one likes. */
  readonly ends: readonly [least: number, most: number] | null
  /** Moves it up (positive) or down by so many places, ±Infinity for the end of the axis. */
  readonly move: (places: number) => void
}

/** The attributes of such a handle, for `v-bind`. Its values are powers of ten, as the axis is drawn. */
export function rateSlider({ name, rate, said, ends, move }: RateHandle) {
  const [least, most] = ends ?? FAR_ENDS
  return {
    role: 'slider',
    tabindex: 0,
    'aria-label': name,
    'aria-orientation': 'horizontal',
    'aria-valuemin': Math.log10(least),
    'aria-valuemax': Math.log10(most),
    'aria-valuenow': Math.log10(rate),
    'aria-valuetext': said === undefined ? rateText(rate) : `${rateText(rate)}. ${said}`,
    onKeydown(event: KeyboardEvent): void {
      const places = STEPS[event.key]
      if (places === undefined || event.altKey || event.ctrlKey || event.metaKey) return
      if (ends === null && !Number.isFinite(places)) return
      event.preventDefault()
      move(places)
    },
  } as const
}
