import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import type { RunAxis } from '../../charts/run-chart'
import { useLocationWord } from '../../location'

export type Range = readonly [from: number, to: number]

/** What the charts of a run show, kept in the URL: the axis, the part of it, the scale and the smoothing. */
export function useRunAxis() {
  const axisWord = useLocationWord('axis')
  const zoomWord = useLocationWord('zoom')
  const scaleWord = useLocationWord('scale')
  const smoothWord = useLocationWord('smooth')

  const range: ComputedRef<Range | null> = computed(() => {
    const [from, to] = zoomWord.value.split(':').map(Number)
    return from === undefined || to === undefined || !(from < to) ? null : [from, to]
  })
  return {
    axis: computed<RunAxis>({
      get: () => (axisWord.value === 'time' ? 'time' : 'step'),
      set: (value) => {
        axisWord.value = value === 'time' ? 'time' : ''
        // Steps mean nothing on a clock.
        zoomWord.value = ''
      },
    }),
    range,
    zoom: (to: Range | null): void => {
      zoomWord.value = to === null ? '' : to.map((end) => String(Number(end.toPrecision(6)))).join(':')
    },
    logarithmic: computed({
      get: () => scaleWord.value === 'log',
      set: (value: boolean) => (scaleWord.value = value ? 'log' : ''),
    }),
    smoothing: computed({
      get: () => (smoothWord.value === '' ? 0.9 : Number(smoothWord.value)),
      set: (value: number) => (smoothWord.value = value === 0.9 ? '' : String(value)),
    }),
  }
}

/** The range scaled about its middle, or moved by a share of its width, within 0 and `end`. */
export function changed(range: Range | null, end: number, { scale = 1, shift = 0 }): Range | null {
  const [from, to] = range ?? [0, end]
  const width = Math.min((to - from) * scale, end)
  const middle = (from + to) / 2 + shift * (to - from)
  const start = Math.min(Math.max(0, middle - width / 2), end - width)
  return width >= end ? null : [start, start + width]
}
