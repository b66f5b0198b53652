import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { channelsTo } from '../../src-main/queue/channel'
import { idOf } from '../../src-main/run'
import type { Store } from '../../src-main/store/store'
import { builtRenderer, builtWorker } from '../built'
import { START, outcome } from '../store/plans'
import { MANY_SETTINGS_STUDY, SYNTHETIC_STUDY, fillStudy, openShowcase, planSynthetic } from './showcase'
import type { Showcase } from './showcase'
import { tinyStudy, writeTinyImages } from './tiny-study'
import { BROWSER, openWindow, sayUntested } from './window'
import type { Window } from './window'

/**
 * The Compare place as its user sees it: a tiny study that is really trained, and synthetic ones where the numbers or
 * their size matter.
 */

sayUntested('THE COMPARE PLACE')
const SEALED = SYNTHETIC_STUDY.replace('synthetic-mnist', 'sealed')
  .replace('per_decade: 2', 'per_decade: 1')
  .replace('[0, 1, 2]', '[7]')
/** 4 settings × 5 rates × 3 seeds, 10,000 evaluations each. */
const LARGE = SYNTHETIC_STUDY.replace('synthetic-mnist', 'large')
  .replace('from: 1e-6, to: 1e-2, per_decade: 2', 'from: 1e-6, to: 1e-2, per_decade: 1')
  .replace('{max_steps: 2000}', '{max_steps: 10000}')
  .replace('{every: 100}', '{every: 1, patience: 20000}')

/** 4 settings × 5 rates × 300 seeds that have ended; what they logged does not matter. */
async function fillMany(store: Store): Promise<void> {
  const seeds = Array.from({ length: 300 }, (_, i) => i).join()
  const text = SEALED.replace('sealed', 'many')
    .replace('[7]', `[${seeds}]`)
    .replace('max_steps: 2000', 'max_steps: 1000')
  const plan = await planSynthetic(text)
  store.together(() => {
    store.saveStudy(plan)
    for (const { key, config, setting } of plan.runs) {
      const score =
        0.9 -
        0.05 * Math.log10(config.learning_rate / 1e-4) ** 2 +
        0.001 * setting.length +
        1e-4 * (config.seed % 7)
      store.begin(idOf(key), START)
      store.end(idOf(key), outcome({ 'val/accuracy': score, 'test/accuracy': score - 0.01 }))
    }
  })
}

describe.skipIf(BROWSER === '')('the Compare place', () => {
  let showcase: Showcase
  let window: Window
  let page: Page

  beforeAll(async () => {
    const [renderer, worker] = await Promise.all([builtRenderer(), builtWorker()])
    showcase = await openShowcase({
      renderer,
      openWorker: channelsTo(worker),
      fill: async (store) => {
        await fillStudy(store, SYNTHETIC_STUDY)
        await fillStudy(store, SEALED, (run) => (run.config.learning_rate < 1e-5 ? 'leave' : 'train'))
        await fillStudy(store, LARGE)
        await fillStudy(store, MANY_SETTINGS_STUDY)
        await fillMany(store)
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

  const go = async (query: string): Promise<void> => {
    await page.goto(new URL(`/#/compare?${query}`, page.url()).href)
  }
  const panel = (id: string): Locator => page.locator(`[data-panel="${id}"]`)
  const drawn = (id: string): Promise<void> => panel(id).locator('[data-drawn]').waitFor()
  const line = (): Locator => page.getByRole('slider', { name: 'One learning rate for all settings' })
  const sentence = (): Promise<string> => page.locator('[data-sentence]').innerText()
  const sharedHead = (): Promise<string> => panel('table').locator('th.shared').first().innerText()

  test('the rate is dragged, and ranking, sentence and table follow without asking the server', async () => {
    await go('study=synthetic-mnist')
    await drawn('rates')
    await page.getByText('Risk of a wrong conclusion').waitFor()
    expect(await sentence()).toContain('At 1e-3: frozen-pretrained > frozen-random')

    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    const box = await line().boundingBox()
    if (!box) throw new Error('the line is not on the page')
    const plot = await panel('rates').locator('[data-drawn]').boundingBox()
    if (!plot) throw new Error('the figure is not on the page')
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await page.mouse.down()
    const said = new Set<string>()
    for (let x = box.x; x > plot.x + 70; x -= 12) {
      await page.mouse.move(x, box.y + 80)
      said.add(await sentence())
    }
    // Every trained rate below spoke for itself, and between them their neighbours did.
    for (const rate of ['3.16e-4', '1e-4', '3.16e-5', '1e-5', '3.16e-6'])
      expect(
        [...said].some((each) => each.startsWith(`At ${rate}: `)),
        rate,
      ).toBe(true)
    const between = [...said].find((each) => each.includes('nothing is known there'))
    expect(between).toContain('The rates beside it say: at')
    await page.mouse.up()

    // It comes to rest on a trained rate, which the address remembers.
    await expect.poll(() => page.url()).toMatch(/rate=(0\.00000|1e-)/)
    expect(await sentence()).toMatch(/^At /)
    await line().press('End')
    expect(await sentence()).toContain('At 1e-2: ')
    await line().press('ArrowLeft')
    expect(await sentence()).toContain('At 3.16e-3: ')
    expect(await sharedHead()).toContain('3.16e-3')
    expect(await line().getAttribute('aria-valuetext')).toContain('3.16e-3. At 3.16e-3')
    expect(asked.filter((url) => url.includes('/trpc'))).toEqual([])

    // A rate that nobody trained is told as such, and a reload finds it again.
    await page.getByLabel('One rate for all', { exact: true }).fill('2e-4')
    await page.keyboard.press('Enter')
    await page.getByText('2e-4 is not a rate that these settings share: nothing is known').waitFor()
    await page.reload()
    await page.getByText('2e-4 is not a rate that these settings share: nothing is known').waitFor()
  })

  test('panels fold, are reached, trace to runs, and are copied', async () => {
    await go('study=synthetic-mnist&rate=0.001')
    await page.getByRole('button', { name: 'Every run', exact: true }).first().click()
    await drawn('map')
    expect(page.url()).toContain('at=map')
    await page.reload()
    await page.getByText('Risk of a wrong conclusion').waitFor()
    await expect
      .poll(
        () =>
          page.evaluate<number>(`document.querySelector('[data-panel="map"]').getBoundingClientRect().top`),
        {
          timeout: 20_000,
        },
      )
      .toBeLessThan(700)
    await drawn('map')
    // By its key: a press and a release that a moving page parts are no click.
    await panel('audit').getByRole('button', { name: 'Audit' }).press('Enter')
    await expect.poll(() => page.url()).toContain('closed=audit')
    expect(await panel('audit').locator('[data-finding]').count()).toBe(0)
    // The line that is dragged goes with its chart, and comes with the next one: it asks none that is gone.
    const rates = panel('rates').getByRole('button', { name: 'Accuracy against learning rate', exact: true })
    await rates.press('Enter')
    await panel('rates').getByRole('slider').waitFor({ state: 'detached' })
    await rates.press('Enter')
    await panel('rates').getByRole('slider').waitFor()
    expect(window.complaints.filter((line) => line.includes('disposed'))).toEqual([])

    await panel('table')
      .getByRole('button', { name: /Copy or save/ })
      .click()
    await page.getByText('Copy table as LaTeX').click()
    await page.getByText('Copied, with the runs').waitFor()
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toContain('\\toprule')
    await panel('rates')
      .getByRole('button', { name: /Copy or save/ })
      .click()
    const download = page.waitForEvent('download')
    await page.getByText('Save figure as SVG').click()
    expect((await download).suggestedFilename()).toBe('rate-mnist-minilm-l6.svg')

    await page.getByRole('button', { name: 'Copy the verdict, all its sentences' }).click()
    await page.getByRole('region', { name: 'Verdict' }).getByText('Copied').waitFor()
    const verdict = (await page.evaluate<string>('navigator.clipboard.readText()')).split('\n')
    expect(verdict[0]).toMatch(/^Each at its own best rate, by validation: /)
    expect(verdict.length).toBeGreaterThan(4)

    // The legend by keyboard alone: a line is hidden and shown again.
    const entries = panel('rates')
      .getByRole('toolbar', { name: /^Lines shown: / })
      .getByRole('button')
    const isShown = (): Promise<string | null> => entries.nth(1).getAttribute('aria-pressed')
    await entries.first().focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Space')
    await expect.poll(isShown).toBe('false')
    await page.keyboard.press('Space')
    await expect.poll(isShown).toBe('true')

    // The dots of the rate curve by keyboard alone: what one comes to is said, and Enter opens what is behind it.
    const dot = panel('rates').getByRole('button', { name: /Arrow keys go to other scores/ })
    await dot.focus()
    expect(await dot.getAttribute('aria-label')).toMatch(/^frozen-pretrained, 1e-6, mean of 3 seeds: /)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowUp')
    const reached = /^(.*, 3\.16e-6, seed \d: [\d.]+)\. .* Enter opens its run$/
    const [, said = ''] = reached.exec((await dot.getAttribute('aria-label')) ?? '') ?? []
    expect(said).not.toBe('')
    expect(await panel('rates').getByRole('status').innerText()).toBe(said)
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/runs\/[0-9a-f]{12}\?study=synthetic-mnist/)
    await page.goBack()
    await drawn('map')

    // The map by keyboard alone: to a run, its menu, its page.
    const square = panel('map').getByRole('button', { name: /Arrow keys go to other runs/ })
    await square.focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowDown')
    expect(await square.getAttribute('aria-label')).toContain('frozen-pretrained, 3.16e-6, seed 1')
    await page.keyboard.press('Enter')
    await page.getByText('Open this run').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/runs\/[0-9a-f]{12}\?study=synthetic-mnist/)
    await page.goBack()
    await panel('table').locator('tr[data-setting="unfrozen-random"] a').first().click()
    await page.waitForURL(/\/runs\?study=synthetic-mnist&filter=id/)
  })

  test('a figure has its room before it is drawn, so that nothing moves when it comes near', async () => {
    await go('study=synthetic-mnist')
    await page.getByText('Risk of a wrong conclusion').waitFor()
    await drawn('rates')
    expect(await panel('map').locator('[data-drawn]').count()).toBe(0)
    const height = (): Promise<number> => page.evaluate<number>(`document.querySelector('main').scrollHeight`)
    const before = await height()
    for (const id of ['ranking', 'curves', 'budget', 'risk', 'map']) {
      await panel(id).scrollIntoViewIfNeeded()
      await drawn(id)
    }
    expect(await height()).toBe(before)
  })

  test('thirty settings are set against one, by default the best; every pair is there for the asking', async () => {
    await go('study=synthetic-masks')
    await panel('differences').locator('tbody tr').first().waitFor()
    const rows = panel('differences').locator('tbody tr')
    expect(await rows.count()).toBe(29)
    const height = await page.evaluate<number>(`document.querySelector('main').scrollHeight`)
    expect(height).toBeLessThan(12_000)

    await panel('differences').locator('.n-base-selection').click()
    await page.keyboard.type('random-last-1')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url()).toContain('against=random-last-1')
    await panel('differences').getByText('minus random-last-1', { exact: true }).waitFor()
    await panel('tests').getByText('minus random-last-1', { exact: true }).waitFor()
    await panel('differences')
      .getByRole('button', { name: /Copy or save/ })
      .click()
    await page.getByText('Copy table as CSV').click()
    await page.getByText('Copied, with the runs').waitFor()
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toContain('difference-from')

    await go('study=synthetic-masks&against=*')
    await panel('differences').getByText('a − b', { exact: true }).waitFor()
    expect(await rows.count()).toBeGreaterThan(100)
  })

  test('a sealed test is opened early only by who has read what that means', async () => {
    await go('study=sealed')
    await page.getByText('Test scores are sealed').waitFor()
    await page.getByRole('button', { name: 'Open early…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('cannot be taken back').waitFor()
    expect(await dialog.getByRole('button', { name: 'Open the test' }).isDisabled()).toBe(true)
    await dialog.getByText('I know that tables will say so for good').click()
    await dialog.getByRole('button', { name: 'Open the test' }).click()
    await page.getByText('Test scores are open since').waitFor()
    await page.getByText('looked at early').waitFor()
    expect(showcase.workbench.store.study('sealed')?.testRevealedAt).not.toBeNull()
  })

  test('what the audit asks of a trained study is looked at, and trained', async () => {
    const images = join(showcase.workbench.workspace, 'images')
    writeTinyImages(images, { train: 60, test: 20 })
    const text = tinyStudy({ task: `{kind: idx-images, dir: ${images}, patch: 4}`, seeds: '[0, 1] # few' })
    await showcase.workbench.startStudy(await showcase.workbench.checkStudy(text))
    await showcase.workbench.idle('tiny')

    await go('study=tiny')
    await page.getByText('Test scores are open since').waitFor()
    const finding = panel('audit').locator('[data-finding="few-seeds"]')
    await panel('audit').locator('[data-finding]').first().waitFor()
    const more = panel('audit').getByRole('button', { name: /more finding/ })
    if ((await more.count()) > 0) await more.click()
    // A remedy is a button, and what is to be thought of stands beside it.
    const alone = panel('audit')
      .locator('li')
      .filter({ has: page.getByRole('button', { name: /^Add \S+ for \S+ only$/ }) })
    await alone.getByText('fair if every setting is extended by the same rule').first().waitFor()
    await finding.getByRole('button', { name: 'Train seeds 0, 1, 2', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('adds 4 runs').waitFor()
    await dialog.getByText('seeds: [0, 1, 2] # few').waitFor()
    await dialog.getByText('its tables will say that it changed afterwards').waitFor()
    await dialog.getByRole('button', { name: 'Save and train 4 runs' }).click()
    await page.getByText('Saved; 4 runs queued').waitFor()
    await finding.waitFor({ state: 'detached' })
    await page.getByText('12 of 12 runs have a result').waitFor()
    await page.getByText('seeds changed after,').waitFor()
    expect(showcase.workbench.store.countRuns({ study: 'tiny', states: ['finished'] })).toBe(12)
  })

  test('60 runs of 10,000 evaluations are drawn without their points, and the line moves by changing a few words', async () => {
    await go('study=large')
    // Afresh, so that all of it is asked for, whatever the page had before.
    await page.reload()
    await page.getByText('60 of 60 runs').waitFor()
    await drawn('rates')
    await window.settled()
    const letters = await page.evaluate<number>(
      `performance.getEntriesByType('resource').filter(({ name }) => name.includes('/trpc/')).reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)`,
    )
    expect(letters).toBeGreaterThan(10_000)
    // As numbers, 60 × 10,000 points of two metrics would be more than ten megabytes.
    expect(letters).toBeLessThan(500_000)

    // How long a move takes on an idle machine is `npm run bench:workbench`'s.
    const changes = await page.evaluate<number[]>(`(async () => {
      const line = document.querySelector('[role=slider]')
      const box = line.getBoundingClientRect()
      const pointer = (type, x) => line.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, clientX: x, clientY: box.top + 90 }))
      line.setPointerCapture = () => undefined
      let count = 0
      new MutationObserver((records) => (count += records.length)).observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
      pointer('pointerdown', box.left + 9)
      const changes = []
      for (let i = 0; i < 120; i++) {
        count = 0
        pointer('pointermove', box.left + 9 - 3 * i)
        await new Promise(requestAnimationFrame)
        changes.push(count)
      }
      pointer('pointerup', box.left)
      return changes.sort((a, b) => a - b)
    })()`)
    expect(changes[60]).toBeGreaterThan(0)
    expect(changes.at(-1)).toBeLessThan(300)
  })

  test('a study of 6,000 runs is compared by a thread of its own, while other places are answered', async () => {
    const { answers } = showcase.workbench
    const ask = answers.ask.bind(answers)
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const asked = vi
      .spyOn(answers, 'ask')
      .mockImplementation((...question) => gate.then(() => ask(...question)))
    const here = vi.spyOn(showcase.workbench, 'compare')
    await go('study=many')
    await page.getByText('Comparing the runs').waitFor()
    // As long as it takes, nobody else waits for it.
    await page.goto(new URL('/#/runs?study=many', page.url()).href)
    await page.getByText('6,000 runs of many').waitFor()
    await page.getByRole('grid', { name: 'Runs' }).locator('[aria-rowindex="9"]').waitFor()
    open()
    await go('study=many')
    await page.getByText(/6,?000 of 6,?000 runs/).waitFor()
    await drawn('rates')
    await panel('table').locator('tbody tr').first().waitFor()
    expect(asked.mock.calls.map(([, path]) => path)).toContain('compare.study')
    expect(here.mock.calls.map(([name]) => name)).not.toContain('many')
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    const beyond = await page.evaluate<string[]>(
      `[...document.querySelectorAll('[data-panel]')].filter((panel) => panel.getBoundingClientRect().right > innerWidth + 1).map((panel) => panel.dataset.panel)`,
    )
    expect(beyond).toEqual([])
    asked.mockRestore()
    here.mockRestore()
  })

  test('says in words what is not there', async () => {
    await go('study=nobody')
    await page.getByRole('heading', { name: 'No study is called nobody' }).waitFor()
    const empty = await openShowcase({ renderer: await builtRenderer() })
    const other = await openWindow(empty.link())
    await other.page.goto(new URL('/#/compare', other.page.url()).href)
    await other.page.getByRole('heading', { name: 'Nothing to compare yet' }).waitFor()
    await other.page.getByRole('button', { name: 'Design a study' }).click()
    await other.page.waitForURL(/design/)
    expect(other.complaints).toEqual([])
    await other.close()
    await empty.close()
    expect(window.complaints.filter((line) => !line.includes('400 (Bad Request)'))).toEqual([])
  })
})
