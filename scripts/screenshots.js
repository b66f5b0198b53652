import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { createServer } from 'vite'
import { findChromium } from './chromium.js'
import { root } from './places.js'

/**
 * `npm run screenshots [-- --out DIR --renderer DIR --only WORD --width 1440 --height 900 --shade light]`: every place of the
 * workbench in light and dark, full, empty and in trouble, and what opens over it (`npm run build` first). The README's go to
 * docs/pictures, the rest to test-results/pictures, or all to DIR. Look at what it made.
 */

const FOR_README = ['compare', 'design', 'runs', 'reports']

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    renderer: { type: 'string', default: join(root, 'out/renderer') },
    only: { type: 'string', default: '' },
    width: { type: 'string', default: '1440' },
    height: { type: 'string', default: '900' },
    shade: { type: 'string' },
  },
})
const viewport = { width: Number(values.width), height: Number(values.height) }
const shades = /** @type {const} */ (['light', 'dark']).filter(
  (shade) => values.shade === undefined || values.shade === shade,
)

// The sources as they are; kept open, since some of them load others when they are first asked.
const sources = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, watch: null },
})
const { CHROMIUM_ARGS } = /** @type {typeof import('../test/e2e/showcase')} */ (
  await sources.ssrLoadModule('/test/e2e/showcase.ts')
)
const scenes = /** @type {typeof import('../test/e2e/pictures')} */ (
  await sources.ssrLoadModule('/test/e2e/pictures.ts')
)
const executablePath = findChromium()
if (executablePath === null) {
  process.stderr.write('No Chromium was found: install one, or name it in FAIRSWEEP_CHROMIUM.\n')
  process.exit(1)
}
const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGS] })

const isWanted = (/** @type {string} */ name) => name.includes(values.only)

/** @param {'light' | 'dark'} shade
 * @param {import('../test/e2e/showcase').Showcase} showcase */
async function openPage(shade, showcase) {
  const page = await browser.newPage({ colorScheme: shade, viewport })
  page.on('pageerror', (error) => process.stderr.write(`page error: ${error.message}\n`))
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning')
      process.stderr.write(`page says: ${line.text()}\n`)
  })
  await page.goto(showcase.link())
  await page.locator('main h1').first().waitFor()
  return page
}

/** A fresh load shows what a bookmark shows.
 * @param {import('playwright-core').Page} page
 * @param {string} place */
async function go(page, place) {
  await page.goto(new URL(`/#${place}`, page.url()).href)
  await page.locator('main h1').first().waitFor()
  await page.waitForTimeout(1_000)
}

/** @param {import('playwright-core').Page} page
 * @param {string} name
 * @param {'light' | 'dark'} shade */
async function take(page, name, shade) {
  // A report is composed while its words of waiting stand there.
  await page
    .locator('main .waiting')
    .waitFor({ state: 'detached', timeout: 20_000 })
    .catch(() => undefined)
  await page.waitForTimeout(600)
  const folder =
    values.out ?? join(root, FOR_README.includes(name) ? 'docs/pictures' : 'test-results/pictures')
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}-${shade}.png`) })
}

/** @param {(renderer: string) => Promise<import('../test/e2e/pictures').Scene>} openScene */
async function picture(openScene) {
  const { showcase, pictures } = await openScene(values.renderer)
  for (const shade of shades) {
    const page = await openPage(shade, showcase)
    for (const { name, place, then } of pictures.filter(({ name }) => isWanted(name))) {
      await go(page, place)
      await then?.(page).catch((error) => process.stderr.write(`${name}: ${String(error)}\n`))
      await take(page, name, shade)
      await page.keyboard.press('Escape')
    }
    await page.close()
  }
  await showcase.close()
}

/** A workbench that has gone while its page is looked at. */
async function pictureLoss() {
  const { showcase } = await scenes.emptyScene(values.renderer)
  const page = await openPage('light', showcase)
  await go(page, '/runs')
  await showcase.close()
  await page.waitForTimeout(3_000)
  await take(page, 'runs-lost', 'light')
}

for (const scene of [scenes.fullScene, scenes.sealedScene, scenes.engineScene, scenes.emptyScene])
  await picture(scene)
if (isWanted('runs-lost')) await pictureLoss()
await browser.close()
await sources.close()
