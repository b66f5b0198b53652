import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtRenderer } from '../built'
import { SYNTHETIC_STUDY, fillStudy, openShowcase } from './showcase'
import type { Showcase } from './showcase'
import { BROWSER, openWindow, sayUntested } from './window'
import type { Window } from './window'

/** The Studies place as its user sees it, with as many studies as somebody has after a year. */

sayUntested('THE STUDIES PLACE')
const SMALL = SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')
  .replace('[0, 1, 2]', '[0]')
  .replace('2000', '200')
  .replace('every: 100', 'every: 20')
const MANY = 200

describe.skipIf(BROWSER === '')('the Studies place', () => {
  let showcase: Showcase
  let window: Window
  let page: Page

  beforeAll(async () => {
    showcase = await openShowcase({
      renderer: await builtRenderer(),
      fill: async (store) => {
        await fillStudy(store, SMALL.replace('synthetic-mnist', 'study-0'))
        // All of them share their runs with the first.
        for (let i = 1; i < MANY; i++)
          await fillStudy(store, SMALL.replace('synthetic-mnist', `study-${i}`), () => 'leave')
        await fillStudy(store, SMALL.replace('synthetic-mnist', 'alone').replace('[0]', '[5]'))
      },
    })
    window = await openWindow(showcase.link())
    page = window.page
  })
  afterAll(async () => {
    await window.close()
    await showcase.close()
  })

  const card = (name: string) => page.getByRole('article', { name, exact: true })
  const more = async (name: string, act: string): Promise<void> => {
    // A card is only its name until it comes near.
    await card(name).scrollIntoViewIfNeeded()
    await page.getByRole('button', { name: `More for ${name}`, exact: true }).click()
    await page.getByText(act, { exact: true }).click()
  }

  test(`with ${MANY} studies asks for the verdicts in sight alone, and finds one by its words`, async () => {
    const asked = new Set<string>()
    page.on('request', (request) => {
      for (const name of request.postData()?.match(/study-\d+|alone/g) ?? []) asked.add(name)
    })
    await page.reload()
    await card('alone')
      .getByText(/On test:/)
      .waitFor()
    expect(await page.getByRole('article').count()).toBe(MANY + 1)
    await window.settled()
    expect(asked.size).toBeLessThan(MANY / 4)

    await page.getByRole('textbox', { name: 'Find a study' }).fill('alone minilm')
    await expect.poll(() => page.getByRole('article').count()).toBe(1)
    expect(page.url()).toContain('find=alone')
    await page.getByRole('textbox', { name: 'Find a study' }).fill('nothing like it')
    await page.getByRole('button', { name: 'Show all studies' }).click()
    await expect.poll(() => page.getByRole('article').count()).toBe(MANY + 1)
  })

  test('archives, deletes and takes back', async () => {
    await more('alone', 'Archive')
    await card('alone').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Archive (1)' }).click()
    await card('alone').waitFor()
    await page.keyboard.press('Control+KeyZ')
    await page.getByRole('heading', { name: 'The archive is empty' }).waitFor()
    await page.getByRole('button', { name: 'Back to studies' }).first().click()
    await card('alone').waitFor()

    // A deletion says what is lost, and can be kept from, done and undone.
    const runs = showcase.workbench.store.countRuns()
    await more('alone', 'Delete …')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('20 runs go with it, 20 of them with a result').waitFor()
    await dialog.getByRole('button', { name: 'Keep' }).click()
    await dialog.waitFor({ state: 'detached' })
    await more('alone', 'Delete …')
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await card('alone').waitFor({ state: 'detached' })
    expect(showcase.workbench.store.countRuns()).toBe(runs - 20)
    await page.getByRole('button', { name: 'Undo' }).last().click()
    await card('alone').waitFor()
    expect(showcase.workbench.store.countRuns()).toBe(runs)

    await more('study-7', 'Delete …')
    await dialog.getByText('20 runs stay, because another study holds them.').waitFor()
    await dialog.getByRole('button', { name: 'Keep' }).click()
  })

  test('opens a copy in Design under a name of its own', async () => {
    await more('alone', 'Duplicate')
    await page.waitForURL(/#\/design/)
    await page.getByText('alone-copy').first().waitFor()
    expect(showcase.workbench.store.study('alone-copy')).toBeNull()
    expect(window.complaints).toEqual([])
  })
})
