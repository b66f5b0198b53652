import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { startHttpDoor } from '../../src-main/api/http'
import type { HttpDoor } from '../../src-main/api/http'
import { channelsTo } from '../../src-main/queue/channel'
import type { OpenChannel } from '../../src-main/queue/channel'
import { openWorkbench } from '../../src-main/workbench'
import type { Workbench } from '../../src-main/workbench'
import { builtRenderer, builtWorker } from '../built'
import { openShowcase } from './showcase'
import { tinyStudy, writeTinyImages } from './tiny-study'
import { BROWSER, openWindow, sayUntested } from './window'
import type { Window } from './window'

/** The Queue and the Run place as their user sees them, with real training behind them. */

sayUntested('THE QUEUE AND THE RUN PLACE')
const PATIENCE_MS = 60_000
/** More than are trained while one looks on. */
const STEPS = 60_000

describe.skipIf(BROWSER === '')('training that is watched', () => {
  let folder: string
  let workbench: Workbench
  let door: HttpDoor
  let window: Window
  let page: Page

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairsweep-watched-'))
    const [worker, renderer] = await Promise.all([builtWorker(), builtRenderer()])
    writeTinyImages(join(folder, 'images'), { train: 400, test: 80 })
    const workspace = join(folder, 'workspace')
    workbench = await openWorkbench({ workspace, access: 'owner', openWorker: channelsTo(worker) })
    door = await startHttpDoor(workbench, { renderer })
    window = await openWindow(door.launchUrl())
    page = window.page
  }, 120_000)
  afterAll(async () => {
    await window.close()
    await door.close()
    await workbench.close()
    rmSync(folder, { recursive: true, force: true })
  })

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await page.screenshot({ path: 'test-results/queue-and-run.png' })
  })

  const go = (place: string): Promise<unknown> => page.goto(new URL(`/#${place}`, page.url()).href)
  const study = (name: string): Locator => page.locator(`[data-study="${name}"]`)
  const orderShown = async (): Promise<(string | null)[]> =>
    Promise.all((await page.locator('[data-study]').all()).map((row) => row.getAttribute('data-study')))
  const start = async (name: string, change: Record<string, string>): Promise<void> => {
    const task = `{kind: idx-images, dir: ${join(folder, 'images')}, patch: 4}`
    const text = tinyStudy({ name, task, settings: '[frozen-random]', ...change })
    await workbench.startStudy(await workbench.checkStudy(text))
  }
  const pointsOf = (panel: string): Promise<number> =>
    page
      .locator(`figure[data-panel="${panel}"]`)
      .getAttribute('data-points')
      .then((points) => Number(points))

  test(
    'it is empty, then moves, is reordered, paused, read again after a reload, resumed',
    { timeout: 240_000 },
    async () => {
      await go('/queue')
      await page.getByRole('heading', { name: 'Nothing is in training' }).waitFor()

      const training = `{batch_size: 4, max_steps: ${STEPS}}`
      await start('long', { training, validation: '{every: 200, patience: 1000}' })
      await start('short', { learning_rates: '[1e-3]', seeds: '[3]' })

      // Steps move while one looks on.
      const steps = page.locator('[data-run] [role=progressbar]').first()
      const stepNow = async (): Promise<number> => Number(await steps.getAttribute('aria-valuenow'))
      await steps.waitFor()
      await expect.poll(stepNow, { timeout: PATIENCE_MS }).toBeGreaterThan(0)
      const early = await stepNow()
      await expect.poll(stepNow, { timeout: PATIENCE_MS }).toBeGreaterThan(early)
      expect(await page.getByRole('heading', { name: 'Order of studies' }).isVisible()).toBe(true)

      // The order: by keys, then by dragging.
      await expect.poll(orderShown).toEqual(['long', 'short'])
      await study('short').focus()
      await page.keyboard.press('Alt+ArrowUp')
      await expect.poll(orderShown).toEqual(['short', 'long'])
      await expect.poll(() => workbench.store.queueOrder()).toEqual(['short', 'long'])
      // What was moved keeps the focus, so that the keys go on with it.
      const focused = (): Promise<string | null> =>
        page.evaluate<string | null>("document.activeElement?.getAttribute('data-study') ?? null")
      expect(await focused()).toBe('short')
      await page.keyboard.press('Alt+ArrowDown')
      await expect.poll(orderShown).toEqual(['long', 'short'])
      expect(await focused()).toBe('short')
      await page.keyboard.press('Alt+ArrowUp')
      await expect.poll(() => workbench.store.queueOrder()).toEqual(['short', 'long'])
      await study('long').dragTo(study('short'), { targetPosition: { x: 60, y: 4 } })
      await expect.poll(() => workbench.store.queueOrder()).toEqual(['long', 'short'])

      // The run's own page: curves grow, test is sealed, the log says that it began.
      await page.getByRole('region', { name: 'of long' }).getByRole('link', { name: '1e-3' }).click()
      await page.locator('h1', { hasText: 'seed 0' }).waitFor()
      await expect.poll(() => pointsOf('loss'), { timeout: PATIENCE_MS }).toBeGreaterThan(0)
      const before = await pointsOf('loss')
      await expect.poll(() => pointsOf('loss'), { timeout: PATIENCE_MS }).toBeGreaterThan(before)
      await page.getByText('sealed until').waitFor()
      const run = /runs\/([0-9a-f]{12})/.exec(page.url())?.[1] ?? ''

      // Paused, its state is on disk, and a reload shows it as it was.
      await go('/queue')
      await study('long').getByRole('button', { name: 'Pause' }).click()
      await expect.poll(() => workbench.store.run(run)?.state, { timeout: PATIENCE_MS }).toBe('paused')
      await page.getByText('Nothing trains; 1 study is paused').waitFor()
      const saved = workbench.checkpoints.kept(run)[0]?.step
      expect(saved).toBe(workbench.store.run(run)?.steps)
      await go(`/runs/${run}?study=long&axis=time`)
      await page.reload()
      await page
        .getByText(`Step ${saved?.toLocaleString('en-US') ?? ''}, `, { exact: false })
        .first()
        .waitFor()
      await expect.poll(() => pointsOf('loss'), { timeout: PATIENCE_MS }).toBeGreaterThan(0)
      expect(await page.getByRole('radio', { name: 'Time' }).isChecked()).toBe(true)

      // Resumed, it goes on from there, and no step is logged twice or left out.
      await go('/queue')
      await study('long').getByRole('button', { name: 'Resume' }).click()
      await expect
        .poll(() => workbench.store.run(run)?.steps, { timeout: PATIENCE_MS })
        .toBeGreaterThan((saved ?? 0) + 20)
      const { steps: logged } = workbench.store.series(run, 'train/loss')
      expect(logged).toEqual(Uint32Array.from(logged, (_, i) => i + 1))
      expect(workbench.store.events({ run }).map(({ kind }) => kind)).toContain('resumed')

      // Cancelled, it ends, and what comes next is trained to its end.
      await study('long').getByRole('button', { name: 'Cancel long' }).click()
      await page.getByRole('button', { name: 'Cancel its open runs' }).click()
      await expect.poll(() => workbench.store.run(run)?.state, { timeout: PATIENCE_MS }).toBe('cancelled')
      await page.getByRole('heading', { name: 'Nothing is in training' }).waitFor()
      expect(workbench.store.countRuns({ study: 'short', states: ['finished'] })).toBe(1)

      // What it trained, what happened to it, and its neighbour by a key, with the view as it was.
      await go(`/runs/${run}?study=long&part=network`)
      await page.getByRole('cell', { name: 'out.weight' }).waitFor()
      await page.getByRole('tab', { name: 'Log' }).click()
      await page.getByText('resumed', { exact: true }).waitFor()
      const chart = page.locator('figure[data-panel="loss"] [data-drawn]')
      await chart.waitFor()
      const box = await chart.boundingBox()
      if (box === null) throw new Error('the chart has no place on the page')
      await page.mouse.move(box.x + 120, box.y + 100)
      await page.mouse.down()
      await page.mouse.move(box.x + 220, box.y + 100, { steps: 4 })
      await page.mouse.up()
      await page.waitForURL(/zoom=\d/)
      await page.keyboard.press('l')
      await page.waitForURL((url) => !url.href.includes(run) && url.href.includes('zoom='))
      await page.getByRole('button', { name: 'Show all' }).click()
      await page.waitForURL((url) => !url.href.includes('zoom='))

      // What its curves say, point by point, by keys alone.
      const reader = page.getByRole('slider', { name: 'Loss at' })
      await reader.focus()
      await page.keyboard.press('Home')
      expect(await reader.getAttribute('aria-valuetext')).toMatch(/^step 1: training \d/)
      await page.keyboard.press('PageUp')
      const read = /^(step (?!1:)[\d,]+): training \d/.exec(
        (await reader.getAttribute('aria-valuetext')) ?? '',
      )
      expect(read).not.toBeNull()
      // Who sees the chart has the same beside the crosshair.
      await page
        .locator('figure[data-panel="loss"]')
        .getByText(read?.[1] ?? '', { exact: true })
        .waitFor()

      // A study of that run alone, ready to be changed.
      await page.getByRole('button', { name: 'Study of this run' }).click()
      await page.waitForURL(/design/)

      // A run that is not there.
      await go('/runs/000000000000')
      await page.getByRole('heading', { name: 'There is no such run' }).waitFor()
      expect(window.complaints.filter((words) => !words.includes('400'))).toEqual([])
    },
  )
})

describe.skipIf(BROWSER === '')('ways of training that are measured first', () => {
  test('are told one by one, in the queue and beside the places', { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairsweep-measured-'))
    writeTinyImages(join(folder, 'images'))
    vi.stubEnv('FAIRSWEEP_WAYS', 'measure')
    // A worker that never gets ready: the first way is measured until the workbench closes.
    const openWorker: OpenChannel = () => ({ send: () => undefined, kill: () => Promise.resolve() })
    const showcase = await openShowcase({ renderer: await builtRenderer(), openWorker })
    vi.unstubAllEnvs()
    const { page, close } = await openWindow(showcase.link())
    try {
      const { workbench } = showcase
      const task = `{kind: idx-images, dir: ${join(folder, 'images')}, patch: 4}`
      await page.goto(new URL('/#/queue', page.url()).href)
      await workbench.startStudy(await workbench.checkStudy(tinyStudy({ task, settings: '[frozen-random]' })))
      await page.getByText(/Now way 1 of \d+, of idx-images \/ gpt2-1x16 \/ frozen-random/).waitFor()
      await page.getByRole('link', { name: 'Measuring' }).waitFor()
    } finally {
      await close()
      await showcase.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
