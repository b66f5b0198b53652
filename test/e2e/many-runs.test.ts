import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { builtRenderer } from '../built'
import { START, outcome, plan } from '../store/plans'
import { SYNTHETIC_STUDY, fillStudy, openShowcase } from './showcase'
import type { Showcase } from './showcase'
import { BROWSER, openWindow, sayUntested } from './window'
import type { Window } from './window'

/** Every place of a workspace with 100,000 runs: each says what it is about, soon and without complaint. */

sayUntested('EVERY PLACE WITH 100,000 RUNS')
const SMALL = SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')
const RATES = Array.from({ length: 100 }, (_, i) => Number((1e-6 * 1.1 ** i).toPrecision(3)))
/** What a slow machine may take; how fast it is on an idle one is `npm run bench:workbench`'s. */
const SOON_MS = 20_000

/** Fifty runs a seed, valid, of a task and a trunk that need no files. */
const largeStudy = (seeds: number): string => `name: large
task: {kind: bit-memory}
model: {kind: gpt2, layers: 1, width: 8, heads: 1}
settings: [frozen-random, unfrozen-random]
learning_rates: {from: 1e-6, to: 1e-2, per_decade: 6}
seeds: [${Array.from({ length: seeds }, (_, i) => i).join(', ')}]
training: {max_steps: 100}
validation: {every: 10}
`

describe.skipIf(BROWSER === '')('a workspace with 100,000 runs', () => {
  let showcase: Showcase
  let window: Window
  let anyRun = ''

  beforeAll(async () => {
    showcase = await openShowcase({
      renderer: await builtRenderer(),
      fill: async (store) => {
        store.saveStudy(
          plan({ name: 'wide', learning_rates: RATES, seeds: Array.from({ length: 1_000 }, (_, i) => i) }),
        )
        const ids = store.runIds({ study: 'wide', limit: 500 })
        store.together(() => {
          for (const [i, id] of ids.entries()) {
            store.begin(id, START)
            store.end(id, outcome({ 'val/accuracy': i / 500, 'test/accuracy': 0.5 }))
          }
        })
        anyRun = ids[0] ?? ''
        await fillStudy(store, SMALL)
      },
    })
    window = await openWindow(showcase.link())
    window.page.setDefaultTimeout(SOON_MS)
  })
  afterAll(async () => {
    await window.close()
    await showcase.close()
  })

  const PLACES = [
    ['/studies', /500 of 100,000 runs/],
    ['/design?study=wide', /expected a task name/],
    ['/queue', /99,500 runs to go/],
    ['/runs', /100,\d\d\d runs of every study/],
    ['/compare?study=synthetic-mnist', /runs have a result/],
    ['/reports?study=synthetic-mnist', /Reproducibility checklist/],
    ['/library', /Used by/],
    ['/settings', /history/],
  ] as const
  test('fetches its places ahead, so that the first visit waits for its data alone', async () => {
    const fetched = (): Promise<string> =>
      window.page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name).join(' ')")
    for (const place of ['Runs', 'Compare', 'Reports', 'Settings'])
      await expect.poll(fetched, { timeout: SOON_MS }).toContain(`${place}View`)
  })

  test.each(PLACES)('%s shows %s', async (address, words) => {
    const { page, complaints } = window
    await page.goto(new URL(`/#${address}`, page.url()).href)
    await page.locator('main').getByText(words).first().waitFor()
    expect(complaints).toEqual([])
  })

  test('Design counts a study of 100,000 runs beside the workbench, and again after an edit', async () => {
    const { page, complaints } = window
    const { drafts, forecaster } = showcase.workbench
    const [asked, here] = [vi.spyOn(drafts, 'ask'), vi.spyOn(forecaster, 'of')]
    const open = (seeds: number): Promise<void> =>
      page
        .locator('input[aria-label="A study file"]')
        .setInputFiles({ name: 'large.yaml', mimeType: 'text/yaml', buffer: Buffer.from(largeStudy(seeds)) })
    await page.goto(new URL('/#/design', page.url()).href)
    const strip = page.getByRole('region', { name: 'Plan' })
    await strip.waitFor()
    await open(2_000)
    await strip.getByText('100,000', { exact: true }).waitFor()
    await strip.getByText(/2,000 seeds that spread/).waitFor()
    // The second edit gives up the question about the first.
    await open(1_000)
    await open(1_998)
    await strip.getByText('99,900', { exact: true }).waitFor()
    await strip.getByText(/1,998 seeds that spread/).waitFor()
    await strip.getByText('in 63,936 groups trained together').waitFor()
    expect(new Set(asked.mock.calls.map(([, path]) => path))).toEqual(
      new Set(['studies.check', 'forecast.of']),
    )
    expect(here.mock.calls.every(([plan]) => plan.study.name !== 'large')).toBe(true)
    await page.goto(new URL('/#/library', page.url()).href)
    expect(complaints).toEqual([])
  })

  test('one of them has its neighbours beside it, not all of them', async () => {
    const { page, complaints } = window
    await page.goto(new URL(`/#/runs/${anyRun}?study=wide`, page.url()).href)
    await page.locator('main a[href*="/runs/"]').first().waitFor()
    expect(await page.locator('main a[href*="/runs/"]').count()).toBeLessThan(400)
    expect(complaints).toEqual([])
  })
})
