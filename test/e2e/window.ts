import { AxeBuilder } from '@axe-core/playwright'
import vue from '@vitejs/plugin-vue'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { build } from 'vite'
import { CHROMIUM_ARGS } from './showcase'

const root = join(import.meta.dirname, '../..')
const cache = join(root, 'node_modules/.cache/test-renderer')

/** The browser that set-up found; empty: none, and what needs one is skipped. */
export const BROWSER = process.env['FAIRSWEEP_CHROMIUM'] ?? ''

/** Says loudly what a suite without a browser does not test. */
export function sayUntested(what: string): void {
  if (BROWSER === '') process.stderr.write(`! ${what} NOT TESTED: FAIRSWEEP_CHROMIUM names no browser\n`)
}

/** The renderer, built from what it is now: once for all tests, until a source changes. */
export async function builtRenderer(): Promise<string> {
  const newest = Math.max(...['src-renderer', 'src-main'].map((room) => newestBelow(join(root, room))))
  const built = join(cache, String(Math.round(newest)))
  if (existsSync(built)) return built
  mkdirSync(cache, { recursive: true })
  const outDir = mkdtempSync(join(cache, 'draft-'))
  await build({
    root: join(root, 'src-renderer'),
    base: './',
    configFile: false,
    logLevel: 'error',
    plugins: [vue()],
    build: { outDir, emptyOutDir: false, minify: false, reportCompressedSize: false },
  })
  // Another test file may have been as quick; its build is the same.
  if (existsSync(built)) rmSync(outDir, { recursive: true })
  else renameSync(outDir, built)
  return built
}

function newestBelow(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return Math.max(...files.map((file) => statSync(join(folder, file)).mtimeMs))
}

/** A page of the workbench in a real browser. */
export interface Window {
  readonly page: Page
  /** What no honest page does: errors, warnings, requests to anybody else. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

const PATIENCE_MS = 60_000

/** Opens the workbench by its one-time link. */
export async function openWindow(link: string, options: BrowserContextOptions = {}): Promise<Window> {
  const browser = await chromium.launch({ executablePath: BROWSER, args: [...CHROMIUM_ARGS] })
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options })
  page.setDefaultTimeout(PATIENCE_MS)
  const complaints = complaintsOf(page, new URL(link).origin)
  await page.goto(link)
  await page.locator('main h1').first().waitFor()
  return { page, complaints, close: () => browser.close() }
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
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ target, failureSummary }) => {
        const why = failureSummary?.split('\n')[1]?.trim() ?? ''
        return `${where}: ${id}: ${target.join(' ')}: ${why}`
      }),
    )
}
