import { FlaskConical } from '@lucide/vue'
import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { useRouter } from 'vue-router'
import { api } from './api'
import type { Command } from './commands'
import { rate } from './format'

const RUN_ID = /^[0-9a-f]{12}$/
const NEWEST = 200

/** The newest runs as commands that open them, and whichever run has its id typed in full. */
export function useRunCommands(enabled: Ref<boolean>, sought: Ref<string>): ComputedRef<Command[]> {
  const router = useRouter()
  const { data: newest } = useQuery({
    queryKey: ['runs', 'newest', NEWEST],
    queryFn: () => api.runs.page.query({ limit: NEWEST }),
    staleTime: 0,
    enabled,
  })
  const id = computed(() => (RUN_ID.test(sought.value.trim()) ? sought.value.trim() : null))
  const { data: named } = useQuery({
    queryKey: computed(() => ['runs', 'rows', id.value]),
    queryFn: () => api.runs.rows.query({ ids: id.value === null ? [] : [id.value] }),
    enabled: computed(() => enabled.value && id.value !== null),
  })
  return computed(() => {
    const listed = newest.value?.runs ?? []
    const typed = (id.value === null ? [] : (named.value ?? [])).filter(
      (run) => !listed.some(({ id }) => id === run.id),
    )
    return [...typed, ...listed].map((run) => ({
      id: `run.${run.id}`,
      title: `${run.setting} at ${rate(run.learningRate)}, seed ${run.seed} · ${run.study}`,
      words: `run ${run.id} ${run.state} ${run.task} ${run.model}`,
      group: 'Runs',
      icon: FlaskConical,
      run: () => router.push({ name: 'run', params: { id: run.id } }),
    }))
  })
}
