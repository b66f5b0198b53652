import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import type { Ref } from 'vue'
import { api } from '../../api'

/** What is kept of a run's trained weights; asked again whenever something happens to the run. */
export function useWeights(run: () => string, enabled?: Ref<boolean>) {
  return useQuery({
    queryKey: computed(() => ['run', run(), 'weights']),
    queryFn: () => api.weights.of.query({ run: run() }),
    enabled,
  })
}
