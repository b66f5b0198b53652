import { computed } from 'vue'
import type { WritableComputedRef } from 'vue'
import { EXPORT_FORMATS, FIGURE_FORMATS, REPORT_FORMATS } from '../../../src-main/reports/formats'
import { useLocationList, useLocationWord } from '../../location'

/** Size of the figures on paper. */
export interface Look {
  readonly widthMm: number
  readonly heightMm: number
  readonly labelPoints: number
}

export const USUAL_LOOK: Look = { widthMm: 180, heightMm: 106, labelPoints: 9 }

/**
 * What of a report is wanted, kept in the view's URL. Parts are remembered by what is left out, so that a study that
 * gains a table or figure shows it.
 */
export function useChoice() {
  const lookWord = useLocationWord('look')
  return {
    withoutTables: useLocationList('no-tables'),
    withoutFigures: useLocationList('no-figures'),
    formats: useWords('texts', REPORT_FORMATS, ['md', 'latex', 'html', 'pdf']),
    figureFormats: useWords('pictures', FIGURE_FORMATS, ['svg', 'pdf']),
    runFormats: useWords('runs', EXPORT_FORMATS, []),
    look: computed({
      get: () => lookOf(lookWord.value),
      set: ({ widthMm, heightMm, labelPoints }) =>
        (lookWord.value = isUsual({ widthMm, heightMm, labelPoints })
          ? ''
          : `${widthMm}x${heightMm}x${labelPoints}`),
    }),
  }
}
export type Choice = ReturnType<typeof useChoice>

const isUsual = ({ widthMm, heightMm, labelPoints }: Look): boolean =>
  widthMm === USUAL_LOOK.widthMm && heightMm === USUAL_LOOK.heightMm && labelPoints === USUAL_LOOK.labelPoints

/** "180x106x9" as a look; what is no size is the usual one. */
export function lookOf(word: string): Look {
  const [widthMm = NaN, heightMm = NaN, labelPoints = NaN] = word.split('x').map(Number)
  const fits = within(widthMm, 40, 600) && within(heightMm, 30, 600) && within(labelPoints, 4, 36)
  return fits ? { widthMm, heightMm, labelPoints } : USUAL_LOOK
}

const within = (value: number, from: number, to: number): boolean => value >= from && value <= to

/** Some of the known words, in their order; "none" where the user wants none, which is not the same as not having said. */
function useWords<Word extends string>(
  name: string,
  known: readonly Word[],
  usual: readonly Word[],
): WritableComputedRef<readonly Word[]> {
  const said = useLocationWord(name)
  return computed({
    get: () => (said.value === '' ? usual : known.filter((word) => said.value.split(',').includes(word))),
    set: (words) => {
      const chosen = known.filter((word) => words.includes(word)).join(',')
      said.value = chosen === usual.join(',') ? '' : chosen === '' ? 'none' : chosen
    },
  })
}
