import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtRenderer } from '../built'
import { SYNTHETIC_STUDY, fillStudy, openShowcase } from './showcase'
import type { Showcase } from './showcase'
import { BROWSER, openWindow, sayUntested } from './window'
import type { Window } from './window'

/** The Reports place as its user sees it; the runs are synthetic, everything else is real. */

sayUntested('THE REPORTS PLACE')
const SMALL = SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')

describe.skipIf(BROWSER === '')('the Reports place', () => {
  let showcase: Showcase
  let window: Window
  let page: Page

  beforeAll(async () => {
    showcase = await openShowcase({
      renderer: await builtRenderer(),
      fill: async (store) => {
        await fillStudy(store, SMALL)
        await fillStudy(
          store,
          SMALL.replace('synthetic-mnist', 'sealed').replace('[0, 1, 2]', '[7]'),
          (run) => (run.config.learning_rate < 1e-5 ? 'leave' : 'train'),
        )
      },
    })
    window = await openWindow(showcase.link(), { acceptDownloads: true })
    page = window.page
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  })
  afterAll(async () => {
    await window.close()
    await showcase.close()
  })

  const go = (query: string): Promise<unknown> => page.goto(new URL(`/#/reports?${query}`, page.url()).href)
  const paper = () => page.getByRole('article', { name: 'Preview of the report' })
  const clipboard = (): Promise<string> => page.evaluate('navigator.clipboard.readText()')

  test('a report is chosen, looked at, copied from, resized, written and downloaded', async () => {
    await go('study=synthetic-mnist')
    await paper().getByRole('heading', { name: 'synthetic-mnist' }).waitFor()
    const drawings = paper().locator('figure svg')
    await drawings.first().waitFor()
    const figures = await drawings.count()
    expect(figures).toBeGreaterThan(4)

    // One figure less, and the address remembers it over a reload.
    await page.getByRole('checkbox', { name: /ranking of the settings/i }).click()
    await expect.poll(() => drawings.count()).toBe(figures - 1)
    await page.reload()
    await drawings.first().waitFor()
    expect(await drawings.count()).toBe(figures - 1)

    // Text for the paper.
    await paper().getByRole('button', { name: 'Copy table rates as LaTeX' }).click()
    await expect.poll(clipboard).toContain('\\toprule')
    await paper().getByRole('button', { name: 'Copy the methods' }).click()
    await expect.poll(clipboard).toContain('selected by validation alone')

    // A figure of one column, by itself.
    const widthNow = async (): Promise<number> => Number(await drawings.first().getAttribute('width'))
    const before = await widthNow()
    await page.getByRole('button', { name: /mm, 9 pt/ }).click()
    await page.getByRole('button', { name: 'One column' }).click()
    await page.getByText('Tinos', { exact: true }).click()
    await page.getByRole('button', { name: 'Draw' }).click()
    await expect.poll(widthNow).toBeLessThan(before / 2 + 1)
    expect(await drawings.first().locator('text').first().getAttribute('style')).toContain('Tinos')
    const loaded = `[...document.fonts].some(({ family, status }) => family === 'Tinos' && status === 'loaded')`
    await expect.poll(() => page.evaluate(loaded)).toBe(true)
    await page.getByRole('button', { name: '85 × 62 mm, 7 pt Tinos' }).waitFor()
    const picture = page.waitForEvent('download')
    await paper()
      .getByRole('button', { name: /Download rate-.* as PDF/ })
      .click()
    expect(readFileSync(await (await picture).path(), 'latin1')).toMatch(/^%PDF/)

    // Files on the workbench's machine, then the same as an archive.
    await page.getByRole('checkbox', { name: 'Parquet' }).click()
    await page.getByRole('button', { name: 'Write files' }).click()
    await page.getByText(/\d+ files written/).waitFor()
    const folder = join(showcase.workbench.workspace, 'reports/synthetic-mnist')
    const files = readdirSync(folder)
    expect(files).toContain('report.html')
    expect(files).toContain('synthetic-mnist.runs.parquet')
    expect(files.filter((file) => file.startsWith('ranking'))).toEqual([])
    const archive = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download .zip' }).click()
    expect((await archive).suggestedFilename()).toBe('synthetic-mnist-report.zip')

    // Keys alone write too; a folder that is none says so.
    await page.getByRole('textbox', { name: 'Folder' }).fill('reports')
    await page.keyboard.press('Control+S')
    await page.getByRole('alert').getByText("found 'reports', expected a whole path").waitFor()
    expect(window.complaints.filter((line) => !line.includes('400 (Bad Request)'))).toEqual([])
  })

  test('says that the test is sealed, and shows no test score', async () => {
    await go('study=sealed')
    await page.getByText('The test is sealed while planned runs are open').waitFor()
    await paper().locator('table').first().waitFor()
    expect(await paper().getByText('Test accuracy').count()).toBe(0)
  })

  test('says in words what it cannot report', async () => {
    await go('study=nobody')
    await page.getByRole('alert').getByText("no study 'nobody'").waitFor()
  })

  test('an empty workspace is told what to do', async () => {
    const empty = await openShowcase({ renderer: await builtRenderer() })
    const other = await openWindow(empty.link())
    await other.page.goto(new URL('/#/reports', other.page.url()).href)
    await other.page.getByText('There is nothing to report yet').waitFor()
    await other.page.getByRole('button', { name: 'Design a study' }).click()
    await other.page.waitForURL(/design/)
    expect(other.complaints).toEqual([])
    await other.close()
    await empty.close()
  })
})
