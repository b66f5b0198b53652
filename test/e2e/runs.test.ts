import { readFile } from 'node:fs/promises'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'csv-parse/sync'
import { parseFilter } from '../../src-main/filter/parse'
import { builtRenderer } from '../built'
import { outcome, plan, START } from '../store/plans'
import { SYNTHETIC_STUDY, fillStudy, openShowcase } from './showcase'
import type { Showcase } from './showcase'
import { BROWSER, openWindow, sayUntested } from './window'
import type { Window } from './window'

/** The history as people use it: find, sum up, compare, say something about it, put it away. */

sayUntested('THE RUNS PLACE')
const SMALL = SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')
const MANY = 100_000

describe.skipIf(BROWSER === '')('the history of runs', () => {
  let showcase: Showcase
  let window: Window
  let page: Page
  let ids: string[]

  beforeAll(async () => {
    showcase = await openShowcase({
      renderer: await builtRenderer(),
      fill: (store) =>
        fillStudy(store, SMALL, (run) => (run.config.learning_rate === 1e-6 ? 'fail' : 'train')),
    })
    ids = showcase.workbench.store.runIds({ study: 'synthetic-mnist', order: 'plan' })
    window = await openWindow(showcase.link())
    page = window.page
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  })
  afterAll(async () => {
    await window.close()
    await showcase.close()
  })
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await page.screenshot({ path: 'test-results/runs.png' })
  })

  const go = async (query: string): Promise<void> => {
    await page.goto(new URL(`/#/runs${query}`, page.url()).href)
    await page.getByRole('heading', { level: 1, name: 'Runs', exact: true }).waitFor()
  }
  const rows = (): Locator => page.getByRole('grid', { name: 'Runs' }).locator('[role="row"][aria-selected]')
  const filter = (): Locator => page.getByRole('textbox', { name: 'Filter', exact: true })
  const says = (words: string): Promise<void> => page.getByText(words, { exact: false }).first().waitFor()
  const annotations = (id: string) => showcase.workbench.store.annotations([id])[0]

  test('is filtered with completion, grouped, saved as a view and found again', async () => {
    await go('')
    await says('60 runs of every study')

    // The slash leads to the filter, which completes and says where it is wrong.
    await filter().waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('sett')
    await page.locator('.cm-tooltip-autocomplete').getByText('setting', { exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await filter().fill('lr < fast')
    await says("found 'fast', expected a number")
    await filter().fill('setting = frozen-pretrained and state = complete')
    await page.keyboard.press('Enter')
    await says('12 runs of every study match')
    expect(page.url()).toContain('filter=')

    // A press on a head sorts; the best comes first.
    await page.getByRole('columnheader', { name: 'Val. acc.' }).getByRole('button').click()
    await expect.poll(() => page.url()).toContain('sort=-val/accuracy')
    const best = showcase.workbench.store.runIds({
      filter: parseFilter('setting = frozen-pretrained'),
      sort: [{ field: 'val/accuracy', descending: true }],
      limit: 1,
    })
    await expect.poll(() => rows().first().locator('a').getAttribute('href')).toContain(best[0])

    // Groups carry n and mean ± SEM; their runs unfold.
    await go('?group=setting,lr&filter=state+%3D+complete')
    const group = page.getByRole('row', { name: /3 runs of frozen-pretrained, 0\.001/ })
    expect(await group.innerText()).toMatch(/\d\d\.\d ± \d\.\d\s+n=3/)
    await group.getByRole('button', { name: /3 runs/ }).click()
    await page.getByRole('link', { name: '1e-3, seed 2' }).first().waitFor()

    // The view is kept in the workspace, and leads back to the same URL.
    await page.keyboard.press('Control+s')
    await page.getByRole('textbox', { name: 'Name of this view' }).fill('By rate')
    await page.keyboard.press('Enter')
    await says('The view By rate was saved')
    expect(showcase.workbench.store.views('runs').map(({ name }) => name)).toEqual(['By rate'])
    await page.getByRole('textbox', { name: 'Name of this view' }).waitFor({ state: 'hidden' })
    await go('')
    await page.getByRole('button', { name: 'Views', exact: true }).click()
    await page.getByRole('button', { name: 'By rate', exact: true }).click()
    await group.waitFor()
  })

  test('is used by keys alone: rows are walked, selected and opened', async () => {
    await go('?study=synthetic-mnist')
    await rows().first().waitFor()
    await page.getByRole('heading', { level: 1 }).click()
    await page.keyboard.press('j')
    await page.keyboard.press('Space')
    await page.keyboard.press('j')
    await page.keyboard.press('Space')
    await says('2 selected')
    expect(page.url()).toContain(`runs=${ids[1]},${ids[2]}`)
    await page.keyboard.press('End')
    await expect.poll(() => page.locator(':focus').getAttribute('aria-rowindex')).toBe('61')
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    await page.waitForURL(new RegExp(`runs/${ids[0]}`))
    await page.goBack()
    await says('2 selected')

    // So are the columns: wider, to another place, as wide as what they hold.
    const head = page.getByRole('columnheader', { name: 'Rate' }).getByRole('button')
    const columns = (): string => new URL(page.url().replace('/#', '')).searchParams.get('cols') ?? ''
    await head.focus()
    await page.keyboard.press('Alt+Shift+ArrowRight')
    await expect.poll(columns).toContain('setting,lr.92,')
    await page.keyboard.press('Alt+ArrowLeft')
    await expect.poll(columns).toContain('lr.92,setting,')
    expect(await page.locator(':focus').innerText()).toBe('Rate')
    await page.getByRole('columnheader', { name: 'Rate' }).locator('.edge').dblclick()
    await expect.poll(columns).toMatch(/lr\.5\d,setting,/)
    await page.keyboard.press('Control+/')
    await page.getByRole('dialog', { name: 'Keys' }).getByText('Narrower or wider').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Columns', exact: true }).click()
    await page.getByRole('button', { name: 'The usual columns' }).click()
    await page.keyboard.press('Escape')

    // What can be done with a row is asked by the menu key, or a right click.
    await rows().first().focus()
    await page.keyboard.press('Shift+F10')
    await page.getByRole('menuitem', { name: 'Only frozen-pretrained' }).waitFor()
    await page.keyboard.press('Escape')
    await rows().first().click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Only frozen-pretrained' }).click()
    await expect.poll(() => page.url()).toContain('filter=setting')
  })

  test('says where selected runs differ, draws them, and leaves out what is not looked at', async () => {
    await go(`?study=synthetic-mnist&runs=${ids[1]},${ids[2]}`)
    await page.locator('figure[data-metric="train/loss"] canvas').waitFor()
    await page.getByRole('button', { name: 'Leave out of the charts' }).first().click()
    await expect.poll(() => page.url()).toContain(`hidden=${ids[1]}`)

    await page.getByRole('tab', { name: 'Differences' }).click()
    const diff = page.getByRole('region', { name: 'Differences between the selected runs' })
    await diff.getByRole('rowheader', { name: 'learning_rate' }).waitFor()
    expect(await diff.getByRole('rowheader', { name: 'training.batch_size' }).count()).toBe(0)
    await diff.getByText('Hide identical').click()
    await diff.getByRole('rowheader', { name: 'training.batch_size' }).waitFor()
  })

  test('has its curves read by keys: of every run that is drawn, step by step', async () => {
    await go(`?study=synthetic-mnist&runs=${ids[1]},${ids[2]}`)
    const reader = page.getByRole('slider', { name: 'Validation loss at' })
    await reader.waitFor()
    await window.settled()
    await reader.focus()
    await page.keyboard.press('Home')
    const said = (await reader.getAttribute('aria-valuetext')) ?? ''
    expect(said).toMatch(/^step 100: /)
    for (const run of [ids[1], ids[2]].map((id) => showcase.workbench.store.run(id ?? '')))
      expect(said).toMatch(new RegExp(`${run?.setting} · \\S+ · seed ${run?.seed} \\d`))
    await page.keyboard.press('ArrowRight')
    expect(await reader.getAttribute('aria-valuetext')).toMatch(/^step 200: /)
  })

  test('is tagged, noted and archived, and each act can be taken back', async () => {
    await go(`?study=synthetic-mnist&runs=${ids[1]},${ids[2]}&pane=notes`)
    await page.getByRole('button', { name: 'Tag', exact: true }).click()
    await page.getByRole('textbox', { name: 'Tag the selected runs' }).fill('keep')
    await page.keyboard.press('Enter')
    await says('The tag keep was put on 2 runs')
    await expect.poll(() => rows().filter({ hasText: 'keep' }).count()).toBe(2)
    await page.keyboard.press('Escape')

    await page.getByRole('button', { name: 'Write a note' }).first().click()
    await page.getByRole('textbox', { name: 'Note' }).fill('**Bold** <img src=x onerror=alert(1)>')
    await page.keyboard.press('Control+Enter')
    await page.locator('.markdown strong', { hasText: 'Bold' }).waitFor()
    expect(await page.locator('.markdown img').count()).toBe(0)
    expect(annotations(ids[1] ?? '')?.note).toContain('**Bold**')

    await page.getByRole('group', { name: 'Selected runs' }).getByRole('button', { name: 'Archive' }).click()
    await says('2 runs archived')
    await says('58 runs of synthetic-mnist')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Undo' }).last().click()
    await says('60 runs of synthetic-mnist')
    expect(annotations(ids[1] ?? '')).toMatchObject({ archivedAt: null, tags: ['keep'] })
  })

  test('is drawn across parallel axes whose brush narrows the list', async () => {
    await go('?study=synthetic-mnist&axes=setting,lr,val/accuracy')
    const plot = page.getByRole('region', { name: 'Parallel coordinates' })
    await plot.locator('canvas').waitFor()
    await expect.poll(() => plot.locator('[data-runs]').getAttribute('data-runs')).toBe('60')
    await window.settled()
    const box = (await plot.locator('canvas').boundingBox())!
    const x = box.x + box.width - 72
    await page.mouse.move(x, box.y + 50)
    await page.mouse.down()
    await page.mouse.move(x, box.y + 70, { steps: 3 })
    await page.mouse.move(x, box.y + 90, { steps: 3 })
    await page.mouse.up()
    await expect.poll(() => decodeURIComponent(page.url())).toMatch(/brush=val\/accuracy\+?.?>=/)
    const shown = async (): Promise<number> =>
      Number(/(\d+) runs of synthetic-mnist/.exec(await page.locator('main header').first().innerText())?.[1])
    await expect.poll(shown).toBeLessThan(60)
    await page.getByRole('button', { name: 'Take the brush away' }).click()
    await expect.poll(shown).toBe(60)

    // The same by keys: the ends of an axis of numbers, and the words of one of words.
    await plot.getByRole('button', { name: 'Val. acc.: choose a part of the axis' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Lowest Val. acc. in %' }).waitFor()
    await page.keyboard.type('50')
    await page.keyboard.press('Enter')
    await expect.poll(() => decodeURIComponent(page.url())).toMatch(/brush=val\/accuracy\+>=\+0\.5(&|$)/)
    await expect.poll(shown).toBeLessThan(60)
    const half = await shown()
    await page.keyboard.press('Escape')
    await plot.getByRole('button', { name: 'Setting: choose a part of the axis' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('checkbox', { name: 'frozen-pretrained', exact: true }).waitFor()
    await page.keyboard.press('Space')
    await expect.poll(() => decodeURIComponent(page.url())).toMatch(/setting\+=\+frozen-pretrained/)
    await expect.poll(shown).toBeLessThan(half)
    // A reload, as a bookmark does, has the same list and the same brushes.
    const both = await shown()
    await page.reload()
    await expect.poll(shown).toBe(both)
    await plot.getByRole('button', { name: 'Val. acc.: choose a part of the axis' }).click()
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Lowest Val. acc. in %' }).inputValue())
      .toBe('50')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Take the brush away' }).press('Enter')
    await expect.poll(shown).toBe(60)
  })

  test('is copied as CSV: what is selected, or all that matches', async () => {
    await go(`?study=synthetic-mnist&runs=${ids[1]},${ids[2]}`)
    const copy = async (within: Locator, how: string): Promise<void> => {
      await within.getByRole('button', { name: 'CSV' }).click()
      await page.getByText(how).last().click()
    }
    await copy(page.getByRole('group', { name: 'Selected runs' }), 'Copy as CSV')
    await says('2 runs copied as CSV')
    const copied: Record<string, string>[] = parse(
      await page.evaluate<string>('navigator.clipboard.readText()'),
      {
        columns: true,
      },
    )
    expect(copied.map(({ id }) => id)).toEqual([ids[1], ids[2]])
    expect(copied[0]?.['setting']).toBe('frozen-pretrained')
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      copy(page.getByRole('search'), 'Download as CSV'),
    ])
    const saved: unknown[] = parse(await readFile(await file.path()), { columns: true })
    expect(saved).toHaveLength(60)
  })

  test('lets everything that matches be acted on, however many that are', async () => {
    await go('?runs=*')
    const bar = page.getByRole('group', { name: 'Selected runs' })
    await bar.getByRole('button', { name: 'Run again 12' }).waitFor()
    expect(await bar.getByRole('button', { name: /^Cancel/ }).count()).toBe(0)
    await go('?runs=*&state=finished')
    await bar.getByText(/^all [345]\d runs$/).waitFor()
    expect(await bar.getByRole('button', { name: /Run again/ }).count()).toBe(0)
  })

  test('says so when nothing matches, when a filter in the URL cannot be read, and shows new runs by themselves', async () => {
    await go('?filter=lr+%3E+7')
    await page.getByRole('heading', { name: 'No run matches' }).waitFor()
    await page.getByRole('button', { name: 'Show all runs' }).click()
    await says('60 runs of every study')
    const before = window.complaints.length
    await go('?filter=lr+%3E+fast')
    await page.getByRole('alert').getByText("found 'fast', expected a number").waitFor()
    // The browser reports the refused request, as it should.
    expect(window.complaints.slice(before).every((line) => line.includes('400'))).toBe(true)
    expect(window.complaints.slice(0, before)).toEqual([])
  })
})

describe.skipIf(BROWSER === '')('a history of 100,000 runs', () => {
  let showcase: Showcase
  let window: Window

  beforeAll(async () => {
    showcase = await openShowcase({
      renderer: await builtRenderer(),
      fill: (store) => {
        const seeds = Array.from({ length: MANY / 100 }, (_, i) => i)
        const rates = Array.from({ length: 100 }, (_, i) => Number((1e-6 * 1.1 ** i).toPrecision(3)))
        store.saveStudy(plan({ name: 'wide', learning_rates: rates, seeds }))
        store.together(() => {
          for (const [i, id] of store.runIds({ study: 'wide', limit: 500 }).entries()) {
            store.begin(id, START)
            store.end(id, outcome({ 'val/accuracy': i / 500, 'test/accuracy': 0.5 }))
          }
        })
        return Promise.resolve()
      },
    })
    window = await openWindow(showcase.link())
  })
  afterAll(async () => {
    await window.close()
    await showcase.close()
  })

  test('is scrolled to its end at once, filtered and sorted; rows in sight are all that is read', async () => {
    const { page } = window
    await page.goto(new URL('/#/runs', page.url()).href)
    await page.getByText('100,000 runs of every study').waitFor()
    const grid = page.getByRole('grid', { name: 'Runs' })
    await grid.locator('[aria-rowindex="2"]').focus()
    await page.keyboard.press('End')
    await grid.locator('[aria-rowindex="100001"]').waitFor()
    expect(await grid.locator('[role="row"]').count()).toBeLessThan(80)

    // New runs appear by themselves, however long the list.
    await page.keyboard.press('Home')
    await grid.locator('[aria-rowindex="2"]').waitFor()

    // A row that is scrolled away leaves the focus with the table, and the keys go on from it.
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => page.locator(':focus').getAttribute('aria-rowindex')).toBe('3')
    await page.evaluate("document.querySelector('[role=grid]').scrollTo(0, 100_000)")
    await expect.poll(() => page.locator(':focus').getAttribute('role')).toBe('grid')
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => page.locator(':focus').getAttribute('aria-rowindex')).toBe('4')
    await page.keyboard.press('Home')
    await grid.locator('[aria-rowindex="2"]').waitFor()
    const newest = (await grid.locator('[aria-rowindex="2"] a').getAttribute('href')) ?? ''

    // Another list is seen from its first row on, and nothing is read where the former one stood.
    await page.keyboard.press('End')
    await grid.locator('[aria-rowindex="100001"]').waitFor()
    const offsets: string[] = []
    page.on('request', (request) =>
      offsets.push(...Array.from((request.postData() ?? '').matchAll(/"offset":(\d+)/g), ([, at]) => at!)),
    )
    await page.goto(new URL('/#/runs?sort=-val/accuracy&filter=val/accuracy+%3E+0.5', page.url()).href)
    await page.getByText('249 runs of every study match').waitFor()
    await expect.poll(() => grid.locator('[aria-rowindex="2"]').innerText()).toContain('99.8')
    expect(await page.evaluate("document.querySelector('[role=grid]').scrollTop")).toBe(0)
    expect(new Set(offsets)).toEqual(new Set(['0']))
    expect(newest).toContain('/runs/')
    expect(window.complaints).toEqual([])
  })
})
