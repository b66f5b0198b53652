import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtRenderer } from '../built'
import { SYNTHETIC_STUDY, fillStudy, openShowcase } from './showcase'
import type { Showcase } from './showcase'
import { BROWSER, openWindow, sayUntested, seriousIn } from './window'
import type { Window } from './window'

/** What holds in every place: it is reached by keys alone, can be used by everybody, and says when it is empty or cut off. */

sayUntested('THE PLACES OF THE WORKBENCH')
const SMALL = SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')
const PLACES = ['Studies', 'Design', 'Queue', 'Runs', 'Compare', 'Reports', 'Library', 'Settings'] as const

describe.skipIf(BROWSER === '')('the places', () => {
  let full: Showcase
  let empty: Showcase
  let window: Window
  let page: Page
  let anyRun: string

  beforeAll(async () => {
    const renderer = await builtRenderer()
    full = await openShowcase({
      renderer,
      fill: async (store) => {
        await fillStudy(store, SMALL)
        const pilot = SMALL.replace('synthetic-mnist', 'pilot').replace('[0, 1, 2]', '[7]')
        await fillStudy(store, pilot, (run) =>
          run.config.learning_rate < 1e-5 ? 'fail' : run.config.learning_rate > 1e-3 ? 'leave' : 'train',
        )
      },
    })
    empty = await openShowcase({ renderer })
    anyRun =
      full.workbench.store.runs({ study: 'synthetic-mnist', states: ['finished'], limit: 1 })[0]?.id ?? ''
    window = await openWindow(full.link(), { colorScheme: 'light' })
    page = window.page
  })
  afterAll(async () => {
    await window.close()
    await full.close()
    await empty.close()
  })

  const title = (name: string) => page.getByRole('heading', { level: 1, name, exact: true })
  const theme = (): Promise<string | null> => page.locator('html').getAttribute('data-theme')

  test('are reached, searched and explained by the keyboard alone', async () => {
    for (const [index, name] of PLACES.entries()) {
      await page.keyboard.press(`Alt+Digit${index + 1}`)
      await title(name).waitFor()
      expect(await page.locator('nav [aria-current="page"]').innerText()).toContain(name)
    }

    // The palette finds a place by a slip of the finger, a study and a run; Esc leaves it.
    const palette = page.getByRole('dialog', { name: 'Command palette' })
    const first = palette.getByRole('option').first()
    await page.keyboard.press('Control+KeyK')
    await page.keyboard.type('cmpare')
    await expect.poll(() => first.innerText()).toContain('Compare')
    await page.keyboard.press('Enter')
    await title('Compare').waitFor()
    await page.keyboard.press('Control+KeyK')
    await page.keyboard.type('pilot study')
    await expect.poll(() => first.innerText()).toContain('pilot')
    await page.keyboard.press('Enter')
    await page.waitForURL(/compare\?study=pilot/)
    await page.keyboard.press('Control+KeyK')
    await page.keyboard.type(anyRun)
    await expect.poll(() => first.getAttribute('id')).toContain(anyRun)
    await page.keyboard.press('Enter')
    await page.waitForURL(new RegExp(`runs/${anyRun}`))
    await page.keyboard.press('Control+KeyK')
    await palette.waitFor()
    await page.keyboard.press('Escape')
    await palette.waitFor({ state: 'hidden' })

    // All keys, from the same list as the palette.
    await page.keyboard.press('Control+/')
    const keys = page.getByRole('dialog', { name: 'Keys' })
    await keys.getByText('Change the theme').waitFor()
    for (const name of PLACES) expect(await keys.getByText(name, { exact: true }).count()).toBe(1)
    await page.keyboard.press('Escape')
    await keys.waitFor({ state: 'hidden' })

    // The theme follows the system until somebody says otherwise.
    await expect.poll(theme).toBe('light')
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(theme).toBe('dark')
    await page.keyboard.press('Alt+KeyM')
    await expect.poll(theme).toBe('light')
    await page.keyboard.press('Alt+KeyM')
    await expect.poll(theme).toBe('dark')
    await page.keyboard.press('Alt+KeyM')
    await page.emulateMedia({ colorScheme: 'light' })
    await expect.poll(theme).toBe('light')
  })

  test(
    'hold nothing serious for who sees, hears or moves otherwise, in light and dark',
    { timeout: 300_000 },
    async () => {
      const addresses = [
        ...[
          '/studies',
          '/design',
          '/queue',
          '/runs',
          '/library',
          '/settings',
          `/runs/${anyRun}?study=synthetic-mnist`,
        ],
        ...['/compare?study=synthetic-mnist', '/compare?study=pilot', '/reports?study=synthetic-mnist'],
      ]
      const found: string[] = []
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        for (const address of addresses) {
          await goTo(window, address)
          found.push(...(await seriousIn(page, `${address} ${colorScheme}`)))
        }
        for (const keys of ['Control+KeyK', 'Control+/']) {
          await page.keyboard.press(keys)
          await window.settled()
          found.push(...(await seriousIn(page, `${keys} ${colorScheme}`)))
          await page.keyboard.press('Escape')
          await window.settled()
        }
      }
      await page.emulateMedia({ colorScheme: 'light' })
      expect(found).toEqual([])
      expect(window.complaints).toEqual([])
    },
  )

  test('say what to do where there is nothing yet', async () => {
    const words: Record<string, RegExp> = {
      '/studies': /Design a study/,
      '/queue': /Nothing is in training|nothing/i,
      '/runs': /Nothing has been trained yet/,
      '/compare': /study/i,
      '/reports': /study/i,
      '/library': /Add a model/,
    }
    const bare = await openWindow(empty.link())
    const found: string[] = []
    for (const [address, expected] of Object.entries(words)) {
      await goTo(bare, address)
      await expect.poll(() => bare.page.locator('main').innerText(), { message: address }).toMatch(expected)
      found.push(...(await seriousIn(bare.page, `empty ${address}`)))
    }
    expect(found).toEqual([])
    expect(bare.complaints).toEqual([])
    await bare.close()
  })

  test('say that the workbench refuses, each by itself, and recover when it answers again', async () => {
    const cut = await openWindow(full.link())
    await cut.page.route('**/trpc/**', (route) =>
      route.fulfill({ status: 500, contentType: 'application/json', body: '[]' }),
    )
    for (const address of [
      '/studies',
      '/queue',
      '/runs',
      '/compare?study=pilot',
      '/reports?study=pilot',
      '/library',
      '/settings',
    ]) {
      await goTo(cut, '/design')
      await goTo(cut, address)
      await cut.page.reload()
      await expect
        .poll(() => cut.page.locator('main [role="alert"]').count(), { message: address, timeout: 15_000 })
        .toBeGreaterThan(0)
    }
    await cut.page.unroute('**/trpc/**')
    await goTo(cut, '/studies')
    await cut.page.reload()
    await cut.page.getByRole('article', { name: 'pilot' }).waitFor()
    await cut.close()
  })
})

async function goTo({ page, settled }: Window, address: string): Promise<void> {
  await page.goto(new URL(`/#${address}`, page.url()).href)
  await page.locator('main h1').first().waitFor()
  await settled()
}
