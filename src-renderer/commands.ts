import { matchKeyBindingPress, parseKeybinding } from 'tinykeys'
import { computed, onScopeDispose, shallowReactive, toValue } from 'vue'
import type { Component, ComputedRef, MaybeRefOrGetter } from 'vue'

/** Something that the user can do here and now, from the palette or by its keys. */
export interface Command {
  /** Unique among those that live: "run.stop". */
  readonly id: string
  /** What it does, as a button would say it. */
  readonly title: string
  /** Under which heading it stands in the palette and among the keys: "Runs", "This study". */
  readonly group: string
  readonly icon?: Component
  /** Further words that find it. */
  readonly words?: string
  /** "$mod+KeyK" (Ctrl, on a Mac ⌘), "Alt+KeyM", "j"; several mean the same, and the first is shown. */
  readonly keys?: string | readonly string[]
  /** Whether the keys act while a text is being typed; by default those with Ctrl or Alt do. */
  readonly whileTyping?: boolean
  readonly run: () => unknown
}

const sources = shallowReactive(new Set<MaybeRefOrGetter<readonly Command[]>>())

/** Everything that can be done now; a view's own commands come before those that live longer. */
export const commands: ComputedRef<Command[]> = computed(() =>
  [...sources].reverse().flatMap((source) => toValue(source)),
)

/** Offers commands while the component lives; a getter keeps them true to its state. */
export function useCommands(source: MaybeRefOrGetter<readonly Command[]>): void {
  sources.add(source)
  onScopeDispose(() => sources.delete(source))
}

/** Keys that something hears by itself while it has the focus: told with the others, but run from nowhere else. */
export interface FocusKeys {
  /** Where the focus is: "In the table of runs". */
  readonly group: string
  /** What they do, and which they are, as in a command. */
  readonly keys: Readonly<Record<string, string>>
}

const focusSources = shallowReactive(new Set<FocusKeys>())

/** All that are on the page now; what is there twice is told once. */
export const focusKeys: ComputedRef<FocusKeys[]> = computed(() => [
  ...new Map([...focusSources].map((each) => [each.group, each])).values(),
])

/** Tells of keys while the component lives. */
export function useFocusKeys(group: string, keys: FocusKeys['keys']): void {
  const source: FocusKeys = { group, keys }
  focusSources.add(source)
  onScopeDispose(() => focusSources.delete(source))
}

/** Runs the first living command whose keys these are. Returns whether there was one. */
export function runByKeys(event: KeyboardEvent): boolean {
  if (event.defaultPrevented) return false
  // Behind a dialog, or in a text, a letter is a letter.
  const typing = isTyping(event.target) || document.querySelector('[aria-modal="true"]') !== null
  const command = commands.value.find(
    (each) =>
      matches(each, event) &&
      (!typing || (each.whileTyping ?? (event.ctrlKey || event.metaKey || event.altKey))),
  )
  if (command === undefined) return false
  event.preventDefault()
  command.run()
  return true
}

const IS_MAC = /Mac|iP(hone|ad|od)/.test(navigator.platform)
const KEY_WORDS: Readonly<Record<string, string>> = {
  $mod: IS_MAC ? '⌘' : 'Ctrl',
  Control: 'Ctrl',
  Alt: IS_MAC ? '⌥' : 'Alt',
  Shift: IS_MAC ? '⇧' : 'Shift',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
}

/** The parts of a key binding as they stand on the keyboard: "$mod+KeyK" is Ctrl and K. */
export function keyCaps(keys: string): string[] {
  return keys
    .split(/[+ ]/)
    .map((part) => KEY_WORDS[part] ?? part.replace(/^(Key|Digit)/, '').replace(/^[a-z]$/, upper))
}

const upper = (letter: string): string => letter.toUpperCase()

const bindingsOf = ({ keys }: Command): readonly string[] =>
  keys === undefined ? [] : typeof keys === 'string' ? [keys] : keys

/** The binding that is shown, or null. */
export const shownKeys = (command: Command): string | null => bindingsOf(command)[0] ?? null

/** One press a binding: sequences are hard to find, and harder to explain. */
function matches(command: Command, event: KeyboardEvent): boolean {
  return bindingsOf(command).some((binding) => {
    const press = parseKeybinding(binding)[0]
    return press !== undefined && matchKeyBindingPress(event, press)
  })
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  ) {
    return true
  }
  return target instanceof HTMLInputElement && !['button', 'checkbox', 'radio', 'range'].includes(target.type)
}
