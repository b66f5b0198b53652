import { onScopeDispose, useId, watch } from 'vue'
import type { Ref } from 'vue'
import { announceList, put } from './open-list'
import type { ListWords } from './open-list'

const ITEMS: ListWords = {
  role: 'menu',
  line: 'menuitem',
  lines: '.n-dropdown-option:not(:has(> .n-dropdown-option-body--group))',
  current: '.n-dropdown-option-body--pending',
  say: (item) => {
    const body = item.firstElementChild
    return {
      // Without this its name would be that of all in the menu that it opens.
      'aria-label': body?.querySelector('.n-dropdown-option-body__label')?.textContent.trim() ?? null,
      'aria-disabled': body?.classList.contains('n-dropdown-option-body--disabled') ? 'true' : null,
      ...(body?.querySelector('.n-dropdown-option-body__suffix svg') == null
        ? {}
        : {
            'aria-haspopup': 'menu',
            'aria-expanded': String(item.querySelector('.n-dropdown-menu') !== null),
          }),
    }
  },
}

/**
 * What a menu (Naive UI's dropdown) says of itself. It takes the focus while it is open, and gives it back to what had it.
 * @returns the `id` to put on the menu, and a way to its first item, for a menu that was opened by key
 */
export function useMenu(show: Readonly<Ref<boolean>>) {
  const id = useId()
  let opener: Element | null = null
  let stop: (() => void) | null = null

  function open(): void {
    const menu = document.getElementById(id)
    if (menu === null) return
    opener = document.activeElement
    menu.tabIndex = -1
    menu.focus({ preventScroll: true })
    menu.addEventListener('keydown', leave)
    stop = announceList(menu, ITEMS, (line) => put(menu, 'aria-activedescendant', line))
  }
  /** Tab goes on from what opened the menu, as if this had not been open. */
  function leave({ key }: KeyboardEvent): void {
    if (key === 'Tab') document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
  }
  function close(): void {
    stop?.()
    stop = null
    const menu = document.getElementById(id)
    if (menu?.contains(document.activeElement) && opener instanceof HTMLElement)
      opener.focus({ preventScroll: true })
  }
  watch(show, (isShown) => isShown && open(), { flush: 'post' })
  // At once, so that a dialog that an item opens knows where the focus was.
  watch(show, (isShown) => !isShown && close(), { flush: 'sync' })
  onScopeDispose(() => stop?.())

  function enter(): void {
    requestAnimationFrame(() =>
      document.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true })),
    )
  }
  return { id, enter }
}
