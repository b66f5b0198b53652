import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { api } from '../../api'
import type { KnownNames } from './study-language'
import type { Schema } from './study-schema'

/** What form and editor know of study files: the schema, and the names of this workspace. */
export function useStudyFacts() {
  const schema = useQuery({ queryKey: ['design', 'schema'], queryFn: () => api.design.schema.query() })
  const tasks = useQuery({ queryKey: ['library', 'tasks'], queryFn: () => api.library.tasks.query() })
  const models = useQuery({ queryKey: ['library', 'models'], queryFn: () => api.library.models.query() })
  return {
    schema: computed<Schema>(() => (schema.data.value as Schema | undefined) ?? {}),
    tasks: computed(() => tasks.data.value ?? []),
    models: computed(() => models.data.value ?? []),
    names: computed<KnownNames>(() => ({
      tasks: (tasks.data.value ?? []).map(({ kind, about }) => ({ name: kind, about })),
      models: (models.data.value ?? [])
        .filter(({ isUsable }) => isUsable)
        .map(({ name, about }) => ({ name, about })),
    })),
  }
}
