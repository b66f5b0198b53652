import { useQuery } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import type { Measuring } from '../src-main/queue/events'

/** What is being measured at this moment, by Design or by the queue; the event stream writes it (live.ts). */
export const useMeasuring = (): Ref<Measuring | null> =>
  useQuery<Measuring | null>({
    queryKey: ['measuring'],
    queryFn: () => null,
    enabled: false,
    initialData: null,
  }).data
