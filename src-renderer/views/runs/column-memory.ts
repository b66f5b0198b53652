import { computed } from 'vue'
import type { WritableComputedRef } from 'vue'
import { useLocationWord } from '../../location'
import { readColumns, writeColumns } from './run-columns'
import type { PlacedColumn } from './run-columns'

const KEPT_AS = 'fairsweep.runs.columns'

/** The columns that the URL asks for; where it asks for none, those that were last arranged in this browser. */
export function useColumns(): WritableComputedRef<readonly PlacedColumn[]> {
  const word = useLocationWord('cols')
  return computed({
    get: () => readColumns(word.value || (localStorage.getItem(KEPT_AS) ?? '')),
    set(columns) {
      const asked = writeColumns(columns)
      localStorage.setItem(KEPT_AS, asked)
      word.value = asked
    },
  })
}
