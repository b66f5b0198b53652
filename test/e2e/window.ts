import { AxeBuilder } from '@axe-core/playwright'
import { chromium } from 'playwright-core'
import type { BrowserContextOptions, Page, Request } from 'playwright-core'
import { expect } from 'vitest'
import { CHROMIUM_ARGS } from './showcase'

/** The browser that set-up found; empty: none, and what needs one is skipped. */
export const BROWSER = process.env['FAIRSWEEP_CHROMIUM'] ?? ''

/** Says loudly what a suite without a browser does not test. */
export function sayUntested(what: string): void {
  if (BROWSER === '') process.stderr.write(`! ${what} NOT TESTED: FAIRSWEEP_CHROMIUM names no browser\n`)
}

/** A page of the workbench in a real browser. */
export interface Window {
  readonly page: Page
  /** What no honest page does: errors, warnings, requests to anybody else. */
  readonly complaints: readonly string[]
  /** Resolves when the page stands still: all that it asked is answered, and nothing has moved or changed for a moment. */
  settled(): Promise<void>
  close(): Promise<void>
}

const PATIENCE_MS = 60_000

/** Large enough for every place; for who asked for less motion, so that what is pressed stands where it is. */
const STEADY = { viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' } as const

/** Above what the workbench waits before it asks or draws something by itself. */
const STILL_MS = 350

/** How long nothing has moved or changed, once that is long enough. What turns for ever does not count as moving. */
const STILL = `new Promise((resolve) => {
  let last = performance.now()
  const changes = new MutationObserver(() => (last = performance.now()))
  changes.observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
  const isMoving = () =>
    document.getAnimations().some(({ playState, effect }) => playState === 'running' && effect.getTiming().iterations !== Infinity)
  const look = () => {
    if (isMoving()) last = performance.now()
    if (performance.now() - last < ${STILL_MS}) return requestAnimationFrame(look)
    changes.disconnect()
    resolve()
  }
  look()
})`

/** Opens the workbench by its one-time link. */
export async function openWindow(link: string, options: BrowserContextOptions = {}): Promise<Window> {
  const browser = await chromium.launch({ executablePath: BROWSER, args: [...CHROMIUM_ARGS] })
  const page = await browser.newPage({ ...STEADY, ...options })
  page.setDefaultTimeout(PATIENCE_MS)
  const complaints = complaintsOf(page, new URL(link).origin)
  const open = openRequests(page)
  await page.goto(link)
  await page.locator('main h1').first().waitFor()
  return {
    page,
    complaints,
    async settled() {
      do {
        await expect.poll(() => open.size, { timeout: PATIENCE_MS }).toBe(0)
        await page.evaluate(STILL)
      } while (open.size > 0)
    },
    close: () => browser.close(),
  }
}

/** What a page has asked from now on and has no answer to yet, but for the stream of events, which never ends. */
function openRequests(page: Page): ReadonlySet<Request> {
  const open = new Set<Request>()
  page.on('request', (request) => request.resourceType() !== 'eventsource' && open.add(request))
  page.on('requestfinished', (request) => open.delete(request))
  page.on('requestfailed', (request) => open.delete(request))
  return open
}

/** Collects from now on what no honest page of this origin does. */
export function complaintsOf(page: Page, origin: string): readonly string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning')
      complaints.push(`${line.text()} ${line.location().url}`)
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(origin) && !url.startsWith('data:')) complaints.push(`asked ${url}`)
  })
  return complaints
}

/** What axe calls serious or critical, one line each with what it is about. */
export async function seriousIn(page: Page, where: string): Promise<string[]> {
  // What passed need not be told of, place by place: that would take most of the time.
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).setLegacyMode()
  const { violations } = await axe.analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ target, failureSummary }) => {
        const why = failureSummary?.split('\n')[1]?.trim() ?? ''
        return `${where}: ${id}: ${target.join(' ')}: ${why}`
      }),
    )
}
