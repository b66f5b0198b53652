import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { createServer } from 'vite'
import { findChromium } from './chromium.js'
import { root } from './places.js'

/**
 * `npm run screenshots [-- --out DIR --renderer DIR --only WORD]`: every place of the workbench in light and dark, full,
 * empty and in error, from a workspace of synthetic runs that real code wrote (`npm run build` first). The README's go to
 * docs/pictures, the rest to test-results/pictures, or all to DIR. Look at what it made.
 */

const FOR_README = ['compare', 'design', 'runs', 'reports']

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    renderer: { type: 'string', default: join(root, 'out/renderer') },
    only: { type: 'string', default: '' },
  },
})

// The sources as they are; kept open, since some of them load others when they are first asked.
const sources = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, watch: null },
})
const showcases = /** @type {typeof import('../test/e2e/showcase')} */ (
  await sources.ssrLoadModule('/test/e2e/showcase.ts')
)
const executablePath = findChromium()
if (executablePath === null) {
  process.stderr.write('No Chromium was found: install one, or name it in FAIRSWEEP_CHROMIUM.\n')
  process.exit(1)
}
const browser = await chromium.launch({ executablePath, args: [...showcases.CHROMIUM_ARGS] })

/** Opens a showcase in a window of its own and hands over the page.
 * @param {'light' | 'dark'} colorScheme
 * @param {import('../test/e2e/showcase').Showcase} showcase
 * @param {(page: import('playwright-core').Page, snap: (name: string) => Promise<void>) => Promise<void>} visit */
async function tour(colorScheme, showcase, visit) {
  const page = await browser.newPage({ colorScheme, viewport: { width: 1440, height: 900 } })
  page.on('pageerror', (error) => process.stderr.write(`page error: ${error.message}\n`))
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning')
      process.stderr.write(`page says: ${line.text()}\n`)
  })
  await page.goto(showcase.link())
  await page.locator('main h1').first().waitFor()
  const snap = async (/** @type {string} */ name) => {
    // A report is composed while its words of waiting stand there.
    await page
      .locator('main .waiting')
      .waitFor({ state: 'detached', timeout: 20_000 })
      .catch(() => undefined)
    await page.waitForTimeout(600)
    const folder =
      values.out ?? join(root, FOR_README.includes(name) ? 'docs/pictures' : 'test-results/pictures')
    mkdirSync(folder, { recursive: true })
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
  }
  await visit(page, snap)
  await page.close()
}

/** Runs as a hash place; a fresh load shows what a bookmark shows.
 * @param {import('playwright-core').Page} page
 * @param {string} place */
const go = async (page, place) => {
  await page.goto(new URL(`/#${place}`, page.url()).href)
  await page.locator('main h1').first().waitFor()
  await page.waitForTimeout(500)
}

const { renderer } = values
const { MANY_SETTINGS_STUDY, SYNTHETIC_STUDY, fillStudy, openShowcase, planSynthetic } = showcases
const NEXT = SYNTHETIC_STUDY.replace('synthetic-mnist', 'synthetic-next').replace('[0, 1, 2]', '[3, 4]')

/** Where MNIST and the trunk are installed, the runs' keys are those that Design asks for: it knows them again.
 * @type {Parameters<typeof planSynthetic>[1]} */
let known
const full = await openShowcase({
  renderer,
  fill: async (store, library) => {
    known = await planSynthetic(SYNTHETIC_STUDY, library).then(
      () => library,
      () => undefined,
    )
    if (known === undefined)
      process.stderr.write(
        'MNIST or minilm-l6 is not installed: Design will say that its runs would be added.\n',
      )
    await fillStudy(
      store,
      SYNTHETIC_STUDY.replace('synthetic-mnist', 'synthetic-pilot').replace('[0, 1, 2]', '[7]'),
      (run) =>
        run.config.learning_rate === 1e-6 && run.setting === 'frozen-random'
          ? 'fail'
          : run.config.learning_rate < 3e-6 && run.setting === 'unfrozen-random'
            ? 'cancel'
            : 'train',
      known,
    )
    await fillStudy(store, SYNTHETIC_STUDY, undefined, known)
    await fillStudy(store, NEXT, (run) => (run.config.seed === 3 ? 'train' : 'leave'), known)
    await fillStudy(store, MANY_SETTINGS_STUDY, undefined, known)
  },
})
await full.workbench.startStudy(await planSynthetic(NEXT, known))
/** Some that train now, beside some that have ended. */
const watched = () => [
  ...full.workbench.progress().map(({ run }) => run),
  ...full.workbench.store
    .runs({ study: 'synthetic-next', states: ['finished'] })
    .filter(
      (run) => run.setting === 'unfrozen-pretrained' && run.learningRate <= 1e-4 && run.learningRate >= 1e-5,
    )
    .map(({ id }) => id),
]

const { id: oneRun } = full.workbench.store
  .runs({ study: 'synthetic-mnist', states: ['finished'] })
  .find(({ setting }) => setting === 'unfrozen-pretrained') ?? { id: '' }

/** @type {readonly (readonly [name: string, place: string, then?: (page: import('playwright-core').Page) => Promise<unknown>])[]} */
const FULL = [
  ['studies', '/studies'],
  ['design', '/design?study=synthetic-mnist'],
  ['design-problems', '/design', (page) => spoil(page)],
  ['queue', '/queue'],
  ['runs', `/runs?runs=${watched().join(',')}&study=synthetic-next`],
  ['runs-all', '/runs'],
  ['runs-grouped', '/runs?group=study,setting'],
  ['run', `/runs/${oneRun}?study=synthetic-mnist`],
  ['compare', '/compare?study=synthetic-mnist'],
  ['compare-below', '/compare?study=synthetic-mnist', (page) => down(page, 900)],
  ['compare-further', '/compare?study=synthetic-mnist', (page) => down(page, 2_400)],
  ['compare-many', '/compare?study=synthetic-masks'],
  ['compare-many-below', '/compare?study=synthetic-masks', (page) => down(page, 900)],
  ['compare-sealed', '/compare?study=synthetic-next'],
  ['compare-error', '/compare?study=nobody'],
  ['reports', '/reports?study=synthetic-mnist'],
  ['library', '/library'],
  ['settings', '/settings'],
  ['palette', '/studies', (page) => page.keyboard.press('Control+KeyK')],
  ['keys', '/runs', (page) => page.keyboard.press('Control+/')],
]
const EMPTY = ['studies', 'design', 'queue', 'runs', 'compare', 'reports', 'library', 'settings']
const isWanted = (/** @type {string} */ name) => name.includes(values.only)

/** @param {import('playwright-core').Page} page
 * @param {number} pixels */
const down = (page, pixels) =>
  page.locator('main').evaluate((element, top) => element.scrollTo(0, top), pixels)

/** Writes mistakes into the study file.
 * @param {import('playwright-core').Page} page */
async function spoil(page) {
  const file = page.getByRole('textbox', { name: 'Study file in YAML' })
  await file.click()
  await page.keyboard.press('Control+End')
  await page.keyboard.insertText('\npatience: 3\nseed: [0]\n')
  await page.waitForTimeout(300)
  await page.keyboard.press('Escape')
}

for (const shade of /** @type {const} */ (['light', 'dark'])) {
  await tour(shade, full, async (page, snap) => {
    for (const [name, place, then] of FULL.filter(([name]) => isWanted(name))) {
      await go(page, place)
      await page.waitForTimeout(900)
      await then?.(page)
      await snap(name)
      await page.keyboard.press('Escape')
    }
  })
}
await full.close()

const empty = await openShowcase({ renderer })
for (const shade of /** @type {const} */ (['light', 'dark'])) {
  await tour(shade, empty, async (page, snap) => {
    for (const place of EMPTY.filter((name) => isWanted(`${name}-empty`))) {
      await go(page, `/${place}`)
      await snap(`${place}-empty`)
    }
  })
}
await tour('light', empty, async (page, snap) => {
  await go(page, '/runs')
  await empty.close()
  await page.waitForTimeout(3_000)
  await snap('runs-lost')
})
await browser.close()
await sources.close()
