import { computed, onBeforeUnmount, ref, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import type { ChartInk } from '../../charts/ink'
import { ink } from '../../theme'

/** The theme's ink for a figure as wide as this element: its legend breaks its lines by it. Null before it has a size. */
export function useChartInk(element: Readonly<Ref<HTMLElement | null>>): ComputedRef<ChartInk | null> {
  const width = ref(0)
  const observer = new ResizeObserver(([entry]) => {
    if (entry) width.value = Math.round(entry.contentRect.width)
  })
  watch(
    element,
    (now) => {
      observer.disconnect()
      if (now) observer.observe(now)
    },
    { immediate: true, flush: 'post' },
  )
  onBeforeUnmount(() => observer.disconnect())
  return computed(() => (width.value === 0 ? null : { ...ink.value, width: width.value }))
}
