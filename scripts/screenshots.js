import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { runnerImport } from 'vite'
import { findChromium } from './chromium.js'
import { root } from './places.js'

/**
 * `npm run screenshots [-- --out DIR --renderer DIR]`: every place of the workbench in light and dark, empty, full and
 * in error, from a workspace of synthetic runs that real code wrote (`npm run build` first). The README's go to
 * docs/pictures, the rest to test-results/pictures, or all to DIR. Look at what it made.
 */

const FOR_README = ['design', 'runs', 'compare']

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    renderer: { type: 'string', default: join(root, 'out/renderer') },
  },
})

/** @type {{ module: typeof import('../test/e2e/showcase') }} */
const { module: showcases } = await runnerImport(join(root, 'test/e2e/showcase.ts'))
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
  await page.locator('main h1').waitFor()
  const snap = async (/** @type {string} */ name) => {
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
  await page.locator('main h1').waitFor()
  await page.waitForTimeout(500)
}

const { renderer } = values
const { SYNTHETIC_STUDY, fillStudy, openShowcase, planSynthetic } = showcases
const NEXT = SYNTHETIC_STUDY.replace('synthetic-mnist', 'synthetic-next').replace('[0, 1, 2]', '[3, 4]')

const full = await openShowcase({
  renderer,
  fill: async (store) => {
    await fillStudy(
      store,
      SYNTHETIC_STUDY.replace('synthetic-mnist', 'synthetic-pilot').replace('[0, 1, 2]', '[7]'),
      (run) =>
        run.config.learning_rate === 1e-6 && run.setting === 'frozen-random'
          ? 'fail'
          : run.config.learning_rate < 3e-6 && run.setting === 'unfrozen-random'
            ? 'cancel'
            : 'train',
    )
    await fillStudy(store, SYNTHETIC_STUDY)
    await fillStudy(store, NEXT, (run) => (run.config.seed === 3 ? 'train' : 'leave'))
  },
})
await full.workbench.startStudy(await planSynthetic(NEXT))
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

for (const shade of /** @type {const} */ (['light', 'dark'])) {
  await tour(shade, full, async (page, snap) => {
    await go(page, '/design')
    await snap('design')
    await page
      .getByRole('textbox', { name: 'Study file in YAML' })
      .fill(`${SYNTHETIC_STUDY}patience: 3\nseed: [0]\n`)
    await page.waitForTimeout(600)
    await snap('design-problems')
    await go(page, `/runs?runs=${watched().join(',')}&study=synthetic-next`)
    await page.locator('.viewport').evaluate((element) => element.scrollTo(0, 33 * 21))
    await snap('runs')
    await go(page, '/runs')
    await snap('runs-all')
    await go(page, '/compare?study=synthetic-mnist')
    await page.waitForTimeout(800)
    await snap('compare')
    await page.locator('main').evaluate((element) => element.scrollTo(0, 2000))
    await snap('compare-below')
    await go(page, '/compare?study=synthetic-next')
    await snap('compare-sealed')
    await go(page, '/compare?study=nobody')
    await snap('compare-error')
  })
}
await full.close()

const empty = await openShowcase({ renderer })
for (const shade of /** @type {const} */ (['light', 'dark'])) {
  await tour(shade, empty, async (page, snap) => {
    await go(page, '/runs')
    await snap('runs-empty')
    await go(page, '/compare')
    await snap('compare-empty')
  })
}
await tour('light', empty, async (page, snap) => {
  await go(page, '/runs')
  await empty.close()
  await page.waitForTimeout(3_000)
  await snap('runs-lost')
})
await browser.close()
