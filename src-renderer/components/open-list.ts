/**
 * Naive UI's lists and menus say to nobody who hears a page that they are open, or which of their lines the arrow keys have
 * come to. What is announced here follows from the classes that it draws them by.
 */
export interface ListWords {
  /** The role of the list, and that of its lines. */
  readonly role: 'listbox' | 'menu'
  readonly line: 'option' | 'menuitem'
  /** The elements of lines. */
  readonly lines: string
  /** Within a list, or being one: the line that the keys have come to; the last one found counts. */
  readonly current: string
  /** What else is said of a line. */
  readonly say: (line: Element) => Readonly<Record<string, string | null>>
}

let made = 0

/**
 * Gives an open list and its lines their roles, now and whenever they change.
 * @param tell the id of the line that the keys have come to, to be the `aria-activedescendant` of what has the focus; null: none
 * @returns stops it
 */
export function announceList(list: Element, words: ListWords, tell: (id: string | null) => void): () => void {
  const look = (): void => {
    put(list, 'role', words.role)
    for (const line of list.querySelectorAll(words.lines)) {
      if (line.id === '') line.id = `line-${++made}`
      put(line, 'role', words.line)
      for (const [name, value] of Object.entries(words.say(line))) put(line, name, value)
    }
    tell([...list.querySelectorAll(words.current)].at(-1)?.closest(words.lines)?.id ?? null)
  }
  const observer = new MutationObserver(look)
  observer.observe(list, { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] })
  look()
  return () => {
    observer.disconnect()
    tell(null)
  }
}

/** Null takes the attribute off. */
export function put(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name)
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}
