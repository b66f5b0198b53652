import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { api } from '../../api'
import { useLocationWord } from '../../location'
import { useCompare } from './compare-state'

/** In the URL: every pair. No setting is called so. */
export const EVERY_PAIR = '*'
/** So many settings have pairs enough to be read at once. */
const FEW_SETTINGS = 5

/**
 * The setting that all others are set against, kept in the URL, and the tables of their differences. Of few settings
 * every pair is shown (null); of many, at first, what the best one is ahead by.
 */
export function useDifferences() {
  const { study, group } = useCompare()
  const word = useLocationWord('against')
  const names = computed(() => group.value.cells.map(({ setting }) => setting))
  const usual = computed(() => {
    const best = group.value.best.validation.settings.find(({ place }) => place === 1)?.setting
    return names.value.length > FEW_SETTINGS && best !== undefined ? best : EVERY_PAIR
  })
  const against = computed({
    get: () => (word.value === EVERY_PAIR || names.value.includes(word.value) ? word.value : usual.value),
    set: (setting) => (word.value = setting === usual.value ? '' : setting),
  })
  /** As an answer is asked for. */
  const of = computed(() => {
    const { task, model } = group.value
    const setting = against.value === EVERY_PAIR ? null : against.value
    return { name: study.value, task, model, against: setting }
  })
  const tables = useQuery({
    queryKey: computed(() => ['compare', study.value, 'differences', of.value]),
    queryFn: () => api.compare.differences.query(of.value),
    placeholderData: keepPreviousData,
    shallow: true,
  })
  return { names, against, of, tables }
}
