import type { Directive } from 'vue'

const observers = new WeakMap<HTMLElement, MutationObserver>()

/**
 * `v-combobox="'Optimizer'"` on a select: what takes the focus gets a role, a name and whether its list is open. Naive UI's
 * select is a bare box to who hears it.
 */
export const vCombobox: Directive<HTMLElement, string> = {
  mounted(select, { value: name }) {
    const box = select.querySelector('.n-base-selection')
    if (box === null) return
    const tell = (): void => {
      const focusable = focusableIn(select)
      focusable?.setAttribute('role', 'combobox')
      focusable?.setAttribute('aria-haspopup', 'listbox')
      focusable?.setAttribute('aria-expanded', String(box.classList.contains('n-base-selection--active')))
    }
    const observer = new MutationObserver(tell)
    observer.observe(box, { attributes: true, attributeFilter: ['class'] })
    observers.set(select, observer)
    tell()
    focusableIn(select)?.setAttribute('aria-label', name)
  },
  updated: (select, { value: name }) => focusableIn(select)?.setAttribute('aria-label', name),
  unmounted: (select) => observers.get(select)?.disconnect(),
}

const focusableIn = (select: HTMLElement): Element | null =>
  select.querySelector('.n-base-selection-label, .n-base-selection-tags')
