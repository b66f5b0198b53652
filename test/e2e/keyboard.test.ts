import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtRenderer } from '../built'
import { SYNTHETIC_STUDY, fillStudy, openShowcase } from './showcase'
import type { Showcase } from './showcase'
import { BROWSER, openWindow, sayUntested, seriousIn } from './window'
import type { Window } from './window'

/** Tab alone goes through every place: to all that can be pressed or filled in, which then shows that it has the focus. */

sayUntested('THE KEYBOARD ALONE')
const SMALL = SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')
const MOST_TABS = 400

/** What can be pressed or filled in, but for what stands in a group that the arrow keys walk (tabindex -1). */
const REACHABLE =
  'a[href], button, input, select, textarea, summary, [role="button"], [role="slider"], [role="combobox"], [role="switch"], [role="checkbox"], [tabindex="0"]'

/** Numbers what should be reached, and remembers how each looks without the focus. */
const PREPARE = `(() => {
  const still = document.createElement('style')
  still.textContent = '*, *::before, *::after { transition: none !important; animation: none !important }'
  document.head.append(still)
  document.activeElement?.blur()
  const isThere = (element) =>
    element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) &&
    element.getBoundingClientRect().width > 0 &&
    !element.disabled &&
    element.tabIndex >= 0 &&
    element.closest('[aria-disabled="true"], [inert]') === null
  // A radio button stands for its group; so does the one editor of a file.
  const isOwn = (element) =>
    !(element.type === 'radio' && !element.checked) && element.parentElement?.closest('[contenteditable="true"]') === null
  const PARTS = [null, '::before', '::after']
  const lookOfOne = (element) =>
    PARTS.map((part) => {
      const style = getComputedStyle(element, part)
      return [style.outline, style.boxShadow, style.borderColor, style.backgroundColor, style.stroke, style.strokeWidth].join()
    }).join()
  // The ring may be drawn around it, or within it: Naive UI draws a field's as a child of its own.
  window.lookOf = (element) => {
    const around = [element]
    for (let up = element.parentElement; up !== null && around.length < 6; up = up.parentElement) around.push(up)
    return around
      .flatMap((each) => [each, ...each.querySelectorAll(':scope > [class*="state-border"], :scope > span')])
      .map(lookOfOne)
      .join('|')
  }
  const all = [...document.querySelector('main').querySelectorAll(${JSON.stringify(REACHABLE)})].filter(isThere).filter(isOwn)
  window.wanted = new Map(all.map((element) => [element, window.lookOf(element)]))
  return all.length
})()`

/** Says of what has the focus whether it is wanted, and what it lacks; then it is wanted no more. */
const TAKE = `(() => {
  const element = document.activeElement
  const said = (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 60)
  const about = element.tagName.toLowerCase() + '.' + element.className + ' "' + said + '"'
  if (!window.wanted.has(element)) return { isOutside: element === document.body, about, isSeen: true }
  const isSeen = window.lookOf(element) !== window.wanted.get(element)
  window.wanted.delete(element)
  return { isOutside: false, about, isSeen }
})()`

const LEFT = `[...window.wanted.keys()].filter((element) => element.isConnected && element.checkVisibility()).map((element) =>
  element.tagName.toLowerCase() + '.' + element.className + ' "' + (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 60) + '"')`

describe.skipIf(BROWSER === '')('the keyboard alone', () => {
  let full: Showcase
  let window: Window
  let page: Page
  let anyRun: string

  beforeAll(async () => {
    full = await openShowcase({
      renderer: await builtRenderer(),
      fill: async (store) => {
        await fillStudy(store, SMALL)
        const pilot = SMALL.replace('synthetic-mnist', 'pilot').replace('[0, 1, 2]', '[7]')
        await fillStudy(store, pilot, ({ config }) => (config.learning_rate > 1e-3 ? 'leave' : 'train'))
      },
    })
    anyRun =
      full.workbench.store.runs({ study: 'synthetic-mnist', states: ['finished'], limit: 1 })[0]?.id ?? ''
    window = await openWindow(full.link(), { colorScheme: 'dark' })
    page = window.page
  })
  afterAll(async () => {
    await window.close()
    await full.close()
  })

  const places = (): string[] => [
    ...[
      '/studies',
      '/design?study=pilot',
      '/queue',
      '/runs?study=pilot&axes=setting,lr',
      `/runs/${anyRun}?study=synthetic-mnist`,
    ],
    ...['/compare?study=synthetic-mnist', '/reports?study=synthetic-mnist', '/library', '/settings'],
  ]

  test('reaches all there is in every place, and is seen where it is', { timeout: 240_000 }, async () => {
    const found: string[] = []
    for (const address of places()) {
      await page.evaluate(`location.hash = ${JSON.stringify(address)}`)
      await page.locator('main h1').first().waitFor()
      await window.settled()
      expect(await page.evaluate<number>(PREPARE), address).toBeGreaterThan(2)
      for (let tabs = 0; tabs < MOST_TABS; tabs++) {
        await page.keyboard.press('Tab')
        const { isOutside, about, isSeen } = await page.evaluate<{
          isOutside: boolean
          about: string
          isSeen: boolean
        }>(TAKE)
        // Past the last one the browser itself has the focus.
        if (isOutside && tabs > 0) break
        if (!isSeen) found.push(`${address}: the focus is not seen on ${about}`)
      }
      for (const about of await page.evaluate<string[]>(LEFT)) found.push(`${address}: not reached: ${about}`)
    }
    expect(found).toEqual([])
  })

  /** What has the focus, and the line of an open list that it says the keys have come to. */
  const heard = (): Promise<string> =>
    page.evaluate<string>(`(() => {
      const focus = document.activeElement
      const line = document.getElementById(focus.getAttribute('aria-activedescendant') ?? '')
      const list = line?.parentElement.closest('[role="listbox"], [role="menu"]')
      const name = focus.role === 'menu' ? 'A menu' : (focus.getAttribute('aria-label') ?? focus.textContent).trim()
      const chosen = line?.getAttribute('aria-selected') === 'true' ? ', chosen' : ''
      return name + (line ? ': ' + line.getAttribute('role') + ' ' + (line.getAttribute('aria-label') ?? line.textContent.trim()) + chosen + ' of a ' + list.role : '')
    })()`)
  const pressed = async (key: string, words: string): Promise<void> => {
    await page.keyboard.press(key)
    await expect.poll(heard, { message: key }).toBe(words)
  }
  async function go(address: string): Promise<void> {
    await page.evaluate(`location.hash = ${JSON.stringify(address)}`)
    await page.locator('main h1').first().waitFor()
  }
  const opened = (): Promise<number> =>
    page.locator('[role="menu"]:visible, [role="listbox"]:visible, [role="dialog"]:visible').count()

  test('walks menus, which say what they have come to, and is back where it was', async () => {
    await go('/studies')
    const more = 'More for pilot'
    await page.getByRole('button', { name: more }).focus()
    await pressed('Enter', 'A menu: menuitem Open in Design of a menu')
    await pressed('ArrowDown', 'A menu: menuitem Report of a menu')
    expect(await seriousIn(page, 'an open menu')).toEqual([])
    await pressed('Escape', more)
    await expect.poll(opened).toBe(0)
    // What is not offered is not come to either: a study at rest cannot be stopped.
    await go('/design')
    await page.getByRole('button', { name: 'Start from' }).focus()
    await pressed('ArrowDown', 'A menu: menuitem A new study of a menu')
    for (let i = 0; i < 12 && !(await heard()).includes('A study of this workspace'); i++)
      await page.keyboard.press('ArrowDown')
    await pressed('ArrowRight', 'A menu: menuitem pilot of a menu')
    await pressed('ArrowLeft', 'A menu: menuitem A study of this workspace of a menu')
    // Tab goes on from the button.
    await pressed('Tab', 'Save file')
    await expect.poll(opened).toBe(0)
  })

  test('walks the lists of selects, which say what is chosen', async () => {
    await go('/design?study=pilot')
    await page.getByRole('combobox', { name: 'Optimizer', exact: true }).focus()
    await pressed('Enter', 'Optimizer: option adam, chosen of a listbox')
    await pressed('ArrowDown', 'Optimizer: option adamw of a listbox')
    const options = page.locator('[role="option"]:visible')
    const [first, of] = ['aria-posinset', 'aria-setsize'].map((name) => options.first().getAttribute(name))
    expect([await first, await of]).toEqual(['1', String(await options.count())])
    expect(await seriousIn(page, 'an open list')).toEqual([])
    await pressed('Escape', 'Optimizer')
    await go('/compare?study=pilot')
    // One that is typed into.
    await page.getByRole('combobox', { name: 'Study', exact: true }).focus()
    await pressed('Enter', 'Study: option pilot, chosen of a listbox')
    await page.keyboard.type('synth')
    await pressed('ArrowDown', 'Study: option synthetic-mnist of a listbox')
    await page.keyboard.press('Escape')
    await expect.poll(opened).toBe(0)
  })

  test('goes into panels and dialogs, stays there, and is back at what opened them', async () => {
    await go('/runs?study=pilot')
    const columns = page.getByRole('button', { name: 'Columns', exact: true })
    await columns.focus()
    await page.keyboard.press('Enter')
    const panel = page.getByRole('dialog', { name: 'Columns' })
    const isWithin = async (): Promise<boolean> => (await panel.locator(':focus').count()) === 1
    await expect.poll(isWithin).toBe(true)
    const before = await panel.getByRole('checkbox', { checked: true }).count()
    expect(await seriousIn(page, 'an open panel')).toEqual([])
    await page.keyboard.press('Shift+Tab')
    await expect.poll(isWithin).toBe(true)
    // The key that opened it took no column away.
    expect(await panel.getByRole('checkbox', { checked: true }).count()).toBe(before)
    await page.keyboard.press('Escape')
    await expect.poll(heard).toBe('Columns')

    await go('/studies')
    await page.getByRole('button', { name: 'More for pilot' }).focus()
    for (let i = 0; i < 12 && !(await heard()).includes('Delete'); i++) {
      await page.keyboard.press(i === 0 ? 'Enter' : 'ArrowDown')
      await page.waitForTimeout(50)
    }
    // The answer that takes nothing away has the focus.
    await pressed('Enter', 'Keep')
    await pressed('Escape', 'More for pilot')

    await go('/settings')
    await page.keyboard.press('Control+/')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(opened).toBe(0)
    expect(window.complaints).toEqual([])
  })
})
