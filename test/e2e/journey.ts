import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Store } from '../../src-main/store/store'

/** Where a journey goes: the same steps, through whichever door the page came. */
export interface JourneyPlace {
  /** On the Studies place of an empty workspace. */
  readonly page: Page
  readonly workspace: string
  /** A folder with images as `writeTinyImages` leaves them. */
  readonly images: string
  /** The workspace's history, as it stands at that moment. */
  readonly store: Pick<Store, 'runs' | 'series'>
  /** Whether anything is in training at that moment. */
  isTraining(): boolean
  /** Opens a file without the workbench. */
  openFile(path: string): Promise<Page>
}

/** Training on a machine that does much else. */
const PATIENCE_MS = 180_000

/** The main job as a user does it, from Design to a report: a study is designed, trained, paused, resumed, compared. */
export async function takeJourney({
  page,
  workspace,
  images,
  store,
  isTraining,
  openFile,
}: JourneyPlace): Promise<void> {
  const field = (name: string): Locator => page.getByRole('textbox', { name, exact: true })
  const row = (state: string): Locator => page.locator('.row', { hasText: state })

  await page.getByRole('heading', { name: 'No study yet' }).waitFor()
  expect(page.url()).not.toContain('token')
  await page.getByRole('button', { name: 'Design a study' }).click()

  // Design: every value by its field; the text follows.
  await field('Name').fill('tiny')
  await choose(page, 'Task', 'idx-images')
  await field('Folder').fill(images)
  await field('Patch').fill('4')
  await choose(page, 'Model', 'random GPT-2')
  await field('Layers').fill('1')
  await field('Width').fill('16')
  await field('Heads').fill('2')
  await page.getByRole('checkbox', { name: 'frozen-pretrained', exact: true }).click()
  await page.getByRole('checkbox', { name: 'unfrozen-pretrained', exact: true }).click()
  await field('Lowest rate').fill('1e-4')
  await field('Highest rate').fill('1e-2')
  await field('Seeds').fill('0')
  await field('Steps at most').fill('2000')
  await field('Evaluate every').fill('100')
  await field('Patience').fill('1000')
  await field('Validation examples').fill('40')
  await field('Validation examples').blur()
  await page.getByText('1 task × 1 model × 2 settings × 3 rates × 1 seed').waitFor()
  expect(await field('Study file in YAML').innerText()).toContain('from: 1e-4')

  // What is wrong says where, and cannot be started.
  await field('Heads').fill('3')
  await field('Heads').blur()
  await page.getByText('to solve').waitFor()
  expect(await page.getByRole('button', { name: 'Start', exact: true }).isDisabled()).toBe(true)
  await field('Heads').fill('2')
  await field('Heads').blur()
  await page.getByRole('button', { name: 'Start 6 runs' }).click()

  // Runs: states and curves move while they train.
  await page.waitForURL(/runs\?study=tiny/)
  await row('running').first().click()
  const loss = page.locator('figure[data-metric="train/loss"]')
  const early = await grown(loss, 0)
  const later = await grown(loss, early)
  expect(later).toBeGreaterThan(early)
  await page.locator('figure[data-metric="train/loss"] canvas').waitFor()

  // Test scores are sealed while runs are open.
  await page.getByRole('link', { name: 'Compare' }).click()
  await page.getByText('Test scores are sealed', { exact: true }).waitFor()
  await page.goBack()

  // Pause: the state is saved, and a reload shows the same view.
  await page.getByRole('button', { name: 'Pause' }).click()
  await row('paused').first().waitFor()
  await page.getByRole('button', { name: 'Resume' }).waitFor()
  expect(isTraining()).toBe(false)
  const stepsPaused = store.runs({ study: 'tiny', states: ['paused'] })[0]?.steps ?? 0
  expect(stepsPaused).toBeGreaterThan(0)
  await page.reload()
  await row('paused').first().waitFor()
  expect(await grown(loss, 0)).toBeGreaterThan(0)

  // Resume: they go on from there, to the end.
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(() => row('finished').count(), { timeout: PATIENCE_MS, interval: 250 }).toBe(6)
  for (const run of store.runs({ study: 'tiny' })) {
    const { steps } = store.series(run.id, 'train/loss')
    expect(steps, run.id).toEqual(Uint32Array.from({ length: 2000 }, (_, i) => i + 1))
  }

  // Compare: a rate is chosen for each setting, and the test is open.
  await page.getByRole('link', { name: 'Compare' }).click()
  await page.getByText('Test scores are open').waitFor()
  for (const setting of ['frozen-random', 'unfrozen-random']) {
    const cells = page.locator(`tr[data-setting="${setting}"] td`)
    expect(await cells.nth(1).innerText()).toMatch(/^1e-[234]/)
    expect(await cells.nth(3).innerText()).toMatch(/^\d+\.\d$/)
  }
  await page
    .getByRole('img', { name: /score against learning rate/ })
    .locator('canvas')
    .waitFor()
  await page.getByRole('heading', { name: 'Ranking by learning rate' }).waitFor()

  // Report: written as a file that a browser opens without the workbench.
  await page.getByRole('link', { name: 'Reports' }).click()
  await page.getByRole('article', { name: 'Preview of the report' }).locator('svg').first().waitFor()
  await page.getByRole('button', { name: 'Write files' }).click()
  await page.getByText(/\d+ files written/).waitFor()
  const paper = await openFile(join(workspace, 'reports/tiny/report.html'))
  await paper.getByRole('heading', { name: 'tiny', exact: true }).waitFor()
  expect(await paper.locator('td[data-runs]').count()).toBeGreaterThan(10)
  await paper.close()
}

/** Picks an option of one of the kit's selects. */
async function choose(page: Page, name: string, option: string): Promise<void> {
  await page
    .locator('.field', { has: page.getByText(name, { exact: true }) })
    .locator('.n-base-selection')
    .click()
  await page.locator('.n-base-select-option', { hasText: option }).click()
}

/** How many points a figure draws, once it draws more than `before`. */
async function grown(figure: Locator, before: number): Promise<number> {
  let points = 0
  await expect
    .poll(async () => (points = Number(await figure.getAttribute('data-points'))), {
      timeout: PATIENCE_MS,
      interval: 100,
    })
    .toBeGreaterThan(before)
  return points
}
