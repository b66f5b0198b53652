/**
 * The selection after a click on a row: `only` that row (a second click on it takes it away), `toggle` it among the
 * others, or the `range` from the anchor to it. Order is kept, for a run's place in the selection is its colour.
 */
export function moveSelection(
  selected: readonly string[],
  ids: readonly string[],
  anchor: number,
  index: number,
  how: 'only' | 'toggle' | 'range',
): string[] {
  const id = ids[index]
  if (id === undefined) return [...selected]
  if (how === 'range') {
    const range = ids.slice(Math.min(anchor, index), Math.max(anchor, index) + 1)
    return [...new Set([...selected, ...range])]
  }
  if (selected.includes(id) && (how === 'toggle' || selected.length === 1)) {
    return selected.filter((other) => other !== id)
  }
  return how === 'toggle' ? [...selected, id] : [id]
}
