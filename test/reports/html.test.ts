import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeReport } from '../../src-main/reports/report'
import { CHROMIUM_ARGS } from '../e2e/showcase'
import { aSource } from './source'

const executablePath = process.env['FAIRSWEEP_CHROMIUM'] ?? ''
if (executablePath === '') {
  process.stderr.write('! THE HTML REPORT WAS NOT OPENED IN A BROWSER: FAIRSWEEP_CHROMIUM names none\n')
}

describe.skipIf(executablePath === '')('the HTML report in a browser', () => {
  let folder: string
  let browser: Browser
  const complaints: string[] = []

  const open = async (options: { javaScriptEnabled: boolean }): Promise<Page> => {
    const page = await browser.newPage(options)
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) complaints.push(`asked ${request.url()}`)
    })
    await page.goto(pathToFileURL(join(folder, 'report.html')).href)
    return page
  }
  const firstColumn = (page: Page): Promise<string[]> => page.locator('#results tbody th').allTextContents()

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairsweep-html-'))
    await writeReport(aSource(), folder, { formats: ['html'], figures: [] })
    browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGS] })
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })

  it('is whole without a script: tables, figures, methods', async () => {
    const page = await open({ javaScriptEnabled: false })
    expect(await firstColumn(page)).toEqual([
      'frozen-pretrained',
      'frozen-random',
      'unfrozen-pretrained',
      'unfrozen-random',
    ])
    expect(await page.locator('figure svg').count()).toBeGreaterThanOrEqual(3)
    expect(await page.locator('section h2').allTextContents()).toContain('Methods')
    expect(await page.locator('th[aria-sort]').count()).toBe(0)
    await page.close()
  })

  it('sorts a table by number, and back, by mouse and by keyboard', async () => {
    const page = await open({ javaScriptEnabled: true })
    const heading = page.locator('#results thead th', { hasText: 'mnist' })
    await heading.click()
    expect((await firstColumn(page)).slice(0, 2)).toEqual(['frozen-random', 'frozen-pretrained'])
    await heading.press('Enter')
    expect((await firstColumn(page)).slice(-2)).toEqual(['frozen-pretrained', 'frozen-random'])
    expect(await heading.getAttribute('aria-sort')).toBe('descending')
    await page.close()
  })

  it('draws its figures in its own font and asks the network for nothing', async () => {
    const page = await open({ javaScriptEnabled: true })
    expect(await page.evaluate(`document.fonts.check('12px Inter')`)).toBe(true)
    expect(complaints).toEqual([])
    await page.close()
  })
})
