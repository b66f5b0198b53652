import uFuzzy from '@leeoniya/ufuzzy'

/** A word's first letters do, and letters may be left out ("cmpr" finds Compare); words may come in any order. */
const fuzzy = new uFuzzy({ intraIns: 3 })
const WORDS_PERMUTED = 4

/** Those whose words match, best first; all, in their order, for no needle. */
export function findByWords<T>(items: readonly T[], wordsOf: (item: T) => string, needle: string): T[] {
  if (needle.trim() === '') return [...items]
  const haystack = items.map(wordsOf)
  const [found, info, order] = fuzzy.search(haystack, needle, WORDS_PERMUTED)
  if (found === null) return []
  const indices = info === null ? found : order.map((place) => info.idx[place]!)
  return indices.map((index) => items[index]!)
}
