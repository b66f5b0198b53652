import { computed } from 'vue'
import type { WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { LocationQueryRaw, Router } from 'vue-router'

const pending = new WeakMap<Router, LocationQueryRaw>()

/**
 * One word of the view's state, kept in its URL: a reload, a bookmark and the back button all find it again.
 * Several words set in one go make one entry, and the empty word leaves the URL.
 */
export function useLocationWord(name: string): WritableComputedRef<string> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get() {
      const value = route.query[name]
      return typeof value === 'string' ? value : ''
    },
    set(value) {
      const waiting = pending.get(router)
      const query = waiting ?? { ...route.query }
      query[name] = value === '' ? undefined : value
      if (waiting !== undefined) return
      pending.set(router, query)
      queueMicrotask(() => {
        pending.delete(router)
        void router.replace({ query })
      })
    },
  })
}

/** The same for a list of words. */
export function useLocationList(name: string): WritableComputedRef<string[]> {
  const word = useLocationWord(name)
  return computed({
    get: () => (word.value === '' ? [] : word.value.split(',')),
    set: (list) => (word.value = list.join(',')),
  })
}
