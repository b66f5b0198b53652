import { computed } from 'vue'
import type { WritableComputedRef } from 'vue'
import { FIGURE_FONTS } from '../../../src-main/reports/figure-fonts'
import { LOOK_LIMITS, USUAL_PAPER_LOOK } from '../../../src-main/reports/figure-look'
import type { PaperLook } from '../../../src-main/reports/figure-look'
import { EXPORT_FORMATS, FIGURE_FORMATS, REPORT_FORMATS } from '../../../src-main/reports/formats'
import { useLocationList, useLocationWord } from '../../location'

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
      set: (look) => (lookWord.value = wordOf(look) === wordOf(USUAL_PAPER_LOOK) ? '' : wordOf(look)),
    }),
  }
}
export type Choice = ReturnType<typeof useChoice>

const wordOf = ({ widthMm, heightMm, labelPoints, font }: PaperLook): string =>
  [widthMm, heightMm, labelPoints, font].join('x')

/** "85x62x7xtinos" as a look, without a name in the usual font; what is no look is the usual one. */
export function lookOf(word: string): PaperLook {
  const [across = '', high = '', labels = '', named = USUAL_PAPER_LOOK.font] = word.split('x')
  const font = FIGURE_FONTS.find((each) => each === named)
  const sizes = { widthMm: Number(across), heightMm: Number(high), labelPoints: Number(labels) }
  const fit = (['widthMm', 'heightMm', 'labelPoints'] as const).every((key) => {
    const [least, most] = LOOK_LIMITS[key]
    return sizes[key] >= least && sizes[key] <= most
  })
  return fit && font !== undefined ? { ...sizes, font } : USUAL_PAPER_LOOK
}

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
