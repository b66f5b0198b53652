import { ref, watch } from 'vue'
import type { Ref } from 'vue'

/**
 * Rows that people put in another order, by dragging or with Alt+↑ and Alt+↓ on the row that has the focus.
 * @param items the rows' names in their order
 * @param move takes the row to the place before another, or (null) to the end
 */
export function useReorder(
  items: () => readonly string[],
  move: (item: string, before: string | null) => void,
) {
  const dragged: Ref<string | null> = ref(null)
  /** The row before which the dragged one would be put; undefined: none. */
  const target: Ref<string | null | undefined> = ref(undefined)

  /** What has the focus in a row that was stepped. A row that is put elsewhere in the page loses it. */
  let stepped: { readonly item: string; readonly at: number; readonly focus: HTMLElement | null } | null =
    null
  watch(
    items,
    (list) => {
      if (stepped === null || list.indexOf(stepped.item) === stepped.at) return
      if (document.activeElement === document.body) stepped.focus?.focus()
      stepped = null
    },
    { flush: 'post' },
  )

  function drop(): void {
    const [item, before] = [dragged.value, target.value]
    dragged.value = null
    target.value = undefined
    if (item === null || before === undefined || before === item) return
    const list = items()
    if (list[list.indexOf(item) + 1] !== before) move(item, before)
  }

  function byKey(event: KeyboardEvent, item: string): void {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
    event.preventDefault()
    step(item, event.key === 'ArrowUp' ? -1 : 1)
  }

  /** One row up (-1) or down (1). */
  function step(item: string, by: -1 | 1): void {
    const list = items()
    const at = list.indexOf(item)
    if (at + by < 0 || at + by >= list.length) return
    stepped = { item, at, focus: document.activeElement as HTMLElement | null }
    move(item, by === -1 ? (list[at - 1] ?? null) : (list[at + 2] ?? null))
  }

  return {
    dragged,
    target,
    step,
    byKey,
    /** What a row listens to. */
    rowEvents: (item: string) => ({
      dragstart: (event: DragEvent) => {
        dragged.value = item
        event.dataTransfer?.setData('text/plain', item)
      },
      dragover: (event: DragEvent) => {
        if (dragged.value === null) return
        event.preventDefault()
        const { top, height } = (event.currentTarget as HTMLElement).getBoundingClientRect()
        const list = items()
        target.value = event.clientY < top + height / 2 ? item : (list[list.indexOf(item) + 1] ?? null)
      },
      drop: (event: DragEvent) => {
        event.preventDefault()
        drop()
      },
      dragend: () => {
        dragged.value = null
        target.value = undefined
      },
    }),
  }
}
