import { computed, onMounted, onScopeDispose, ref } from 'vue'
import type { ShallowRef } from 'vue'

/** Left and right of the first and last power of ten. */
export const MARGIN = 28

/** A logarithmic axis as wide as its drawing: from 1e-7 to 1, and beyond where `rates` are. */
export function useRateScale(
  svg: Readonly<ShallowRef<SVGSVGElement | null>>,
  rates: () => readonly number[],
) {
  const width = ref(600)
  const observer = new ResizeObserver(([entry]) => (width.value = entry?.contentRect.width ?? width.value))
  onMounted(() => svg.value && observer.observe(svg.value))
  onScopeDispose(() => observer.disconnect())

  /** Set while something is dragged, lest the axis moves under it. */
  const frozen = ref<number[] | null>(null)
  const powers = computed(() => {
    if (frozen.value !== null) return frozen.value
    const logs = rates().map(Math.log10)
    const low = Math.min(-7, Math.floor(Math.min(...logs, 0)))
    const high = Math.max(0, Math.ceil(Math.max(...logs, -7)))
    return Array.from({ length: high - low + 1 }, (_, i) => low + i)
  })
  const scale = computed(() => (width.value - 2 * MARGIN) / (powers.value.length - 1))

  return {
    width,
    powers,
    /** Where a rate lies, in pixels. */
    x: (rate: number): number => MARGIN + (Math.log10(rate) - (powers.value[0] ?? 0)) * scale.value,
    /** The place of the pointer, log 10. */
    logAt: ({ clientX }: MouseEvent): number =>
      (clientX - (svg.value?.getBoundingClientRect().left ?? 0) - MARGIN) / scale.value +
      (powers.value[0] ?? 0),
    freeze: (): void => void (frozen.value = powers.value),
    thaw: (): void => void (frozen.value = null),
  }
}
