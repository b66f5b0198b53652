import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { api } from './api'
import { settingPlaces } from './charts/setting-style'

/**
 * Where a setting stands in its study. Those that a user named are drawn by it, and so look alike in every list and chart,
 * in the comparison and in the exported figures.
 */
export function useSettingPlaces(): (setting: string, study?: string) => number {
  const { data } = useQuery({ queryKey: ['studies'], queryFn: () => api.studies.list.query() })
  const places = computed(() => settingPlaces(data.value ?? []))
  return (setting, study) => places.value(setting, study)
}
