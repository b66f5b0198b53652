import { keepPreviousData, useMutation, useQuery } from '@tanstack/vue-query'
import { computed, onScopeDispose, ref, watch } from 'vue'
import { api } from '../../api'
import { useMeasuring } from '../../measuring'
import type { Draft } from './draft'

/** A plan that stays as it is for so long is measured by itself. */
const MEASURE_AFTER_MS = 2_500

/** What training the draft would take; what is not known yet is measured when the user pauses, unless told not to. */
export function useForecast(draft: Draft) {
  const isPlanned = computed(() => draft.plan.value !== null && draft.isChecked.value)
  const query = useQuery({
    queryKey: computed(() => ['forecast', draft.asked.value]),
    queryFn: ({ signal }) => api.forecast.of.query({ text: draft.asked.value }, { signal }),
    enabled: isPlanned,
    staleTime: 0,
    gcTime: 10_000,
    placeholderData: keepPreviousData,
  })
  const measuring = useMeasuring()
  const measure = useMutation({
    mutationFn: () => api.forecast.measure.mutate({ text: draft.asked.value }),
    onSettled: () => query.refetch(),
  })

  /** The user stopped a measurement: nothing is measured again before being asked to. */
  const isRefused = ref(false)
  const forecast = computed(() => (draft.plan.value === null ? null : (query.data.value ?? null)))
  const isWanted = computed(
    () =>
      forecast.value !== null &&
      !query.isPlaceholderData.value &&
      isPlanned.value &&
      forecast.value.unmeasured > 0 &&
      !forecast.value.isTraining &&
      !isRefused.value &&
      measure.error.value === null,
  )
  let timer: number | undefined
  watch(
    [isWanted, draft.asked],
    ([wanted]) => {
      window.clearTimeout(timer)
      if (wanted && !measure.isPending.value)
        timer = window.setTimeout(() => document.hidden || measure.mutate(), MEASURE_AFTER_MS)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    window.clearTimeout(timer)
    if (measure.isPending.value) void api.forecast.stop.mutate()
  })

  return {
    forecast,
    /** It is that of the text before. */
    isOutdated: query.isPlaceholderData,
    error: query.error,
    measuring,
    isMeasuring: measure.isPending,
    measureError: measure.error,
    measureNow: (): void => {
      isRefused.value = false
      measure.mutate()
    },
    stopMeasuring: (): void => {
      isRefused.value = true
      void api.forecast.stop.mutate()
    },
    retry: () => query.refetch(),
  }
}

export type DraftForecast = ReturnType<typeof useForecast>
