import { onMounted, onScopeDispose, ref } from 'vue'
import type { Ref } from 'vue'

/** Whether the element has been in sight, or nearly, once: what costs something is asked for then. */
export function useSeen(element: Ref<Element | null>): Ref<boolean> {
  const seen = ref(false)
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return
      seen.value = true
      observer.disconnect()
    },
    { rootMargin: '200px' },
  )
  onMounted(() => {
    if (element.value !== null) observer.observe(element.value)
  })
  onScopeDispose(() => observer.disconnect())
  return seen
}
