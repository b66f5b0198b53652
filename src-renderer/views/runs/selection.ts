/** More are chosen as "all that match": their ids would not fit into a URL. */
export const SELECTED_AT_MOST = 100
/** The selection that is everything that matches, as it stands in the URL. */
export const ALL = '*'

/**
 * The selection after `ids` were chosen: `only` them (once more takes them away), `toggle` them among the others, or the
 * `range` of them added. Order is kept, for a run's place in the selection is its colour.
 */
export function moveSelection(
  selected: readonly string[],
  ids: readonly string[],
  how: 'only' | 'toggle' | 'range',
): string[] {
  const [id] = ids
  if (id === undefined) return [...selected]
  if (how === 'range') return [...new Set([...selected, ...ids])].slice(0, SELECTED_AT_MOST)
  if (selected.includes(id) && (how === 'toggle' || selected.length === 1)) {
    return selected.filter((other) => other !== id)
  }
  return how === 'toggle' ? [...selected, id].slice(-SELECTED_AT_MOST) : [id]
}
