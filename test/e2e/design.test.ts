import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHttpDoor } from '../../src-main/api/http'
import type { HttpDoor } from '../../src-main/api/http'
import { channelsTo } from '../../src-main/queue/channel'
import { exportJson } from '../../src-main/reports/export'
import { openWorkbench } from '../../src-main/workbench'
import type { Workbench } from '../../src-main/workbench'
import { builtRenderer, builtWorker } from '../built'
import { tinyStudy, writeTinyImages } from './tiny-study'
import { BROWSER, openWindow, sayUntested, seriousIn } from './window'
import type { Window } from './window'

/** The Design place as its user works in it: by keyboard and mouse, with a real measurement of a tiny network. */

sayUntested('THE DESIGN PLACE')

describe.skipIf(BROWSER === '')('the Design place', () => {
  let folder: string
  let workbench: Workbench
  let door: HttpDoor
  let window: Window
  let page: Page

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairsweep-design-'))
    writeTinyImages(join(folder, 'images'))
    const [renderer, worker] = await Promise.all([builtRenderer(), builtWorker()])
    const workspace = join(folder, 'workspace')
    workbench = await openWorkbench({ workspace, access: 'owner', openWorker: channelsTo(worker) })
    door = await startHttpDoor(workbench, { renderer })
    window = await openWindow(door.launchUrl())
    page = window.page
  })
  afterAll(async () => {
    await window.close()
    await door.close()
    await workbench.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const field = (name: string): Locator => page.getByRole('textbox', { name, exact: true })
  const file = (): Locator => field('Study file in YAML')
  const text = async (): Promise<string> => (await file().innerText()).replaceAll(/\n\n/g, '\n')
  const startButton = (): Locator => page.getByRole('button', { name: /^(Start|Update|Save$)/ }).last()

  /** Writes the file anew, as somebody does who pastes. */
  async function editFile(change: (now: string) => string): Promise<void> {
    const now = change(await text())
    await file().focus()
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText(now)
    await expect.poll(text).toBe(now)
  }

  /** Takes a word in a field of few words, by keys. */
  async function choose(name: string, word: string): Promise<void> {
    const box = page.getByRole('combobox', { name, exact: true })
    await box.focus()
    await page.keyboard.press('Enter')
    const option = page.locator('.n-base-select-option', { hasText: new RegExp(`^${word}$`) })
    await option.waitFor()
    for (let i = 0; i < 10; i++) {
      if (/pending/.test((await option.getAttribute('class')) ?? '')) break
      await page.keyboard.press('ArrowDown')
    }
    await page.keyboard.press('Enter')
    await expect.poll(() => box.innerText()).toContain(word)
  }

  /** A study on tiny images; paths in it are absolute, since the window's text has no folder. */
  const study = (change: Readonly<Record<string, string>> = {}): string =>
    tinyStudy({ task: `{kind: idx-images, dir: '${join(folder, 'images')}', patch: 4}`, ...change })

  test('opens a preset, says what is wrong with it, and mends it with a click that can be taken back', async () => {
    await page.goto(`${door.address}/#/design?preset=fpt-single-rate`)
    await page.getByLabel('About the draft').getByText('How not to compare').waitFor()
    const audit = page.getByLabel('Audit of the plan')
    await audit.getByText('Every setting is trained at 1e-3 alone').waitFor()
    await audit.getByRole('button', { name: /^Sweep/ }).click()
    await audit.waitFor({ state: 'detached' })
    expect(await page.getByRole('slider').count()).toBe(5)
    await page.getByRole('button', { name: 'Undo' }).click()
    await audit.waitFor()
    expect(await page.getByRole('slider').count()).toBe(1)
    // Comments outlive both.
    expect(await text()).toContain('# How not to compare')
  })

  test('reads a file of the user’s, completes while it is written, and says at the line what is wrong', async () => {
    const path = join(folder, 'mine.yaml')
    writeFileSync(path, `# mine\n${study()}`)
    await page.getByLabel('A study file').setInputFiles(path)
    await page.getByText('1 task × 1 model × 2 settings × 2 rates × 1 seed').waitFor()
    expect(await field('Name').inputValue()).toBe('tiny')

    await file().focus()
    await page.keyboard.press('Control+End')
    await page.keyboard.type('sel')
    await page.getByRole('option', { name: /selection/ }).waitFor()
    // A list that has only just appeared does not take Enter yet, lest it takes one that was meant for the text.
    await page.waitForTimeout(200)
    await page.keyboard.press('Enter')
    await page.keyboard.type('{metri: loss}')
    const words = page.locator('.cm-problem', { hasText: 'did you mean metric?' })
    await words.waitFor()
    expect(await startButton().isDisabled()).toBe(true)
    expect(await seriousIn(page, 'with problems')).toEqual([])
    await page.getByLabel('Problems').getByText('selection.metri').waitFor()
    for (let i = 0; i < 'i: loss}'.length; i++) await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.type('c')
    await words.waitFor({ state: 'detached' })
    // The form follows the text.
    await page.getByLabel('Protocol').getByText('loss').first().waitFor()
    expect(await startButton().isEnabled()).toBe(true)
  })

  test('moves rates with the mouse and the keys; the text follows, and Ctrl+Z brings back', async () => {
    const before = await text()
    expect(before).toContain('[1e-3, 1e-2]')
    const highest = page.getByRole('slider', { name: 'Highest learning rate' })
    await highest.scrollIntoViewIfNeeded()
    const box = (await highest.boundingBox())!
    const axis = (await page.getByRole('group', { name: /^Learning rates/ }).boundingBox())!
    const decade = (axis.width - 56) / 7
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width / 2 + 0.5 * decade, box.y, { steps: 4 })
    await page.mouse.up()
    await expect.poll(text).toContain('[1e-3, 3.16e-2]')
    await page.getByRole('button', { name: '½ decade below' }).click()
    await expect.poll(text).toContain('[3.16e-4, 1e-3, 3.16e-2]')
    await page.getByRole('slider', { name: 'Learning rate 2' }).focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(text).toContain('[3.16e-4, 3.16e-3, 3.16e-2]')
    await page.keyboard.press('Delete')
    await expect.poll(text).toContain('[3.16e-4, 3.16e-2]')
    for (let i = 0; i < 8 && (await text()) !== before; i++) await page.keyboard.press('Control+z')
    expect(await text()).toBe(before)
  })

  test('draws rates at random from a range that is widened and dragged, and stays a draw', async () => {
    const before = await text()
    const rates = page.getByLabel('Rates and seeds')
    await rates.getByText('Drawn', { exact: true }).click()
    await expect.poll(text).toContain('learning_rates: {from: 1e-3, to: 1e-2, count: 2}')
    await field('Count').fill('6')
    await field('Count').press('Enter')
    await field('Seed').fill('3')
    await field('Seed').press('Enter')
    await expect.poll(text).toContain('{from: 1e-3, to: 1e-2, count: 6, seed: 3}')
    await rates.getByText('6 rates, drawn log-uniformly').waitFor()
    await choose('Spread', 'uniform')
    await expect.poll(text).toContain('{from: 1e-3, to: 1e-2, count: 6, seed: 3, sample: uniform}')
    await rates.getByText('6 rates, drawn uniformly').waitFor()
    await choose('Spread', 'log-uniform')
    await editFile((now) => now.replace(', sample: log-uniform', ''))
    // As dense as before over half a decade more.
    await rates.getByRole('button', { name: '½ decade below' }).click()
    await expect.poll(text).toContain('{from: 3.16e-4, to: 1e-2, count: 9, seed: 3}')
    await rates.getByRole('button', { name: '½ decade above' }).click()
    await expect.poll(text).toContain('{from: 3.16e-4, to: 3.16e-2, count: 12, seed: 3}')
    await page.getByText('1 task × 1 model × 2 settings × 12 rates × 1 seed').waitFor()

    const upper = rates.getByRole('slider', { name: 'Upper end of the draw' })
    await upper.focus()
    await page.keyboard.press('ArrowLeft')
    await expect.poll(text).toContain('{from: 3.16e-4, to: 1e-2, count: 12, seed: 3}')
    const box = (await upper.boundingBox())!
    const axis = (await rates.getByRole('group', { name: /^Learning rates/ }).boundingBox())!
    const decade = (axis.width - 56) / 7
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width / 2 + decade, box.y, { steps: 4 })
    await page.mouse.up()
    await expect.poll(text).toContain('{from: 3.16e-4, to: 0.1, count: 12, seed: 3}')

    // What the text says stands in the form.
    await editFile((now) =>
      now.replace(/learning_rates: .*/, 'learning_rates: {from: 1e-5, to: 1e-4, count: 3}'),
    )
    await expect.poll(() => field('Count').inputValue()).toBe('3')
    expect(await field('Seed').inputValue()).toBe('')
    expect(await field('Lowest rate').inputValue()).toBe('1e-5')
    await rates.getByText('Grid', { exact: true }).click()
    await expect.poll(text).toContain('learning_rates: {from: 1e-5, to: 1e-4, per_decade: 1}')
    await editFile(() => before)
  })

  test('says every option of the optimizer in the form and in the text', async () => {
    const before = await text()
    await choose('Optimizer', 'adamw')
    await field('Betas').fill('0.9, 0.98')
    await field('Betas').press('Enter')
    await field('Eps').fill('1e-6')
    await field('Eps').press('Enter')
    await field('Weight decay').fill('0.1')
    await field('Weight decay').press('Enter')
    await choose('Schedule', 'cosine')
    await field('Warm-up').fill('5')
    await field('Warm-up').press('Enter')
    await expect
      .poll(text)
      .toMatch(
        /optimizer: adamw,\s+betas: \[0\.9, 0\.98\],\s+eps: 1e-6,\s+weight_decay: 0\.1,\s+schedule: cosine,\s+warmup_steps: 5/,
      )
    const plan = page.getByLabel('Plan', { exact: true })
    await plan.getByText('1 task × 1 model').waitFor()
    expect(await field('Momentum').count()).toBe(0)

    // An optimizer without them: the check says what is idle beside the field that says it, and emptying them mends it.
    await choose('Optimizer', 'sgd')
    await page.getByLabel('Protocol').getByText('found betas 0.9,0.98, which sgd has no use for').waitFor()
    for (const name of ['Betas', 'Eps']) {
      await field(name).fill('')
      await field(name).press('Enter')
      await field(name).waitFor({ state: 'detached' })
    }
    await field('Momentum').fill('0.9')
    await field('Momentum').press('Enter')
    await expect.poll(text).toContain('momentum: 0.9')

    // The form says what the text says.
    await editFile(() => study({ training: '{max_steps: 30, batch_size: 4, betas: [0.8, 0.9], eps: 1e-7}' }))
    await expect.poll(() => field('Betas').inputValue()).toBe('0.8, 0.9')
    expect(await field('Eps').inputValue()).toBe('1e-7')
    await field('Betas').fill('0.8, x')
    await field('Betas').press('Enter')
    await page
      .getByLabel('Protocol')
      .getByText(/"x"|found x/)
      .waitFor()
    await editFile(() => before)
  })

  test('makes a mask of the user’s own, counts what it trains, and measures what it would take', async () => {
    await page.getByRole('button', { name: 'A mask of your own' }).click()
    await page.getByRole('checkbox', { name: 'mask-1 trains the layer norms' }).click()
    await page.locator('tr[data-setting="mask-1"] .n-base-selection').click()
    await page.locator('.n-base-select-option', { hasText: 'random' }).click()
    await page.getByText('1 task × 1 model × 3 settings').waitFor()
    expect(await text()).toContain('{name: mask-1, init: random, train: [input, output, layer_norm]}')
    const counted = page.locator('tr[data-setting="mask-1"] .right')
    // Input 16 × 16 + 16, readout 16 × 4 + 4, three norms of 2 × 16.
    await expect.poll(() => counted.innerText()).toBe('436')
    const plan = page.getByLabel('Plan', { exact: true })
    await plan.getByText('from a few measured steps').waitFor()
    await plan.getByText(/^≤ \d+ s$/).waitFor()
    expect(workbench.store.runs()).toEqual([])
    expect(await seriousIn(page, 'with a mask')).toEqual([])
  })

  test('keeps the draft over a reload, saves it as a file, and starts it; then says what starting over changes', async () => {
    const written = await text()
    await page.reload()
    await expect.poll(text).toBe(written)
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save file' }).click()
    const saved = await download
    expect(saved.suggestedFilename()).toBe('tiny.yaml')
    expect(readFileSync(await saved.path(), 'utf8')).toContain('# mine')

    await page.getByRole('button', { name: 'Start 6 runs' }).click()
    await page.waitForURL(/runs\?study=tiny/)
    await workbench.idle('tiny')
    await page.goto(`${door.address}/#/design?study=tiny`)
    await page.getByText('6 have their result already').waitFor()
    await page.getByRole('button', { name: 'One seed more' }).click()
    const over = page.getByLabel('Starting over')
    await over.getByText('6 runs would be added.').waitFor()
    await over.getByText('changed after test was seen').waitFor()
    await page.getByRole('button', { name: 'Update and train 6' }).waitFor()
    expect(window.complaints).toEqual([])
  })

  test('a run of an export is trained again: chosen by keys, its data named where they are not found', async () => {
    const path = join(folder, 'tiny-export.json')
    writeFileSync(path, [...exportJson(workbench.store, 'tiny', { metrics: true })].join(''))
    writeFileSync(join(folder, 'other.json'), '{"study": "no export"}')
    const written = await text()
    const startFrom = async (file: string): Promise<void> => {
      const asked = page.waitForEvent('filechooser')
      await page.getByRole('button', { name: 'Start from' }).click()
      await page.getByText('A run of an export …').click()
      await (await asked).setFiles(file)
    }
    await startFrom(join(folder, 'other.json'))
    await page.getByText('other.json is no export of Fairsweep').waitFor()

    await startFrom(path)
    const dialog = page.getByRole('dialog', { name: 'Train a run of an export again' })
    await dialog.getByText('6 runs of the study').waitFor()
    const open = dialog.getByRole('button', { name: 'Open in Design' })
    expect(await open.isDisabled()).toBe(true)
    await dialog.getByRole('radio').first().focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowDown')
    expect(await seriousIn(page, 'a run of an export')).toEqual([])
    await page.keyboard.press('Enter')
    await dialog.getByRole('alert').getByText('which no installed data set has').waitFor()
    await field('Where its data lie, on the workbench’s machine').fill(join(folder, 'images'))
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'hidden' })

    const [, run] = workbench.store.runs({ study: 'tiny', order: 'plan' })
    const remark = `Trains run ${run!.id} of tiny-export.json again: the key is the same`
    await expect.poll(text).toContain(remark)
    await page.getByLabel('About the draft').getByText('The key is the same').waitFor()
    await page.getByText('1 has its result already').waitFor()
    // The study that was being designed is one undo away.
    await file().focus()
    await page.keyboard.press('Control+z')
    await expect.poll(text).toBe(written)
  })

  test('data are chosen where they lie, among the folders of the machine', async () => {
    const above = study({ task: `{kind: idx-images, dir: '${folder}', patch: 4}` })
    await editFile(() => above)
    await page.getByText('to solve').waitFor()
    await page.getByRole('button', { name: 'Choose: Folder' }).press('Enter')
    const folders = page.getByRole('list', { name: `Folders in ${folder}` })
    await folders.getByRole('button', { name: 'images' }).waitFor()
    await folders.focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect.poll(text).toContain(`dir: '${join(folder, 'images')}'`)
    await page.getByText('1 task × 1 model × 2 settings').waitFor()
    await page.keyboard.press('Escape')
    await folders.waitFor({ state: 'detached' })
  })

  test('a study that is not there is said to be missing, and the draft stays', async () => {
    const written = await text()
    await page.goto(`${door.address}/#/design?study=nobody`)
    await page.getByText("no study 'nobody' in this workspace").waitFor()
    expect(await text()).toBe(written)
  })
})
