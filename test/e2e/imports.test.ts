import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtRenderer } from '../built'
import { openShowcase } from './showcase'
import type { Showcase } from './showcase'
import { BROWSER, openWindow, sayUntested } from './window'
import type { Window } from './window'

sayUntested('THE IMPORT DIALOG WAS')

describe.skipIf(BROWSER === '')('importing runs in the window', () => {
  let folder: string
  let showcase: Showcase
  let window: Window

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairsweep-import-window-'))
    const rows = ['frozen', 'full'].flatMap((setting, i) =>
      [1e-4, 1e-3].flatMap((rate, j) =>
        [0, 1].map((seed) => `${setting},${rate},${seed},${50 + 10 * i + 5 * j + seed},${49 + 10 * i},x`),
      ),
    )
    writeFileSync(join(folder, 'theirs.csv'), ['setting,eta,seed,val_acc,test_acc,mood', ...rows].join('\n'))
    showcase = await openShowcase({ renderer: await builtRenderer() })
    window = await openWindow(showcase.link())
  }, 240_000)
  afterAll(async () => {
    await window.close()
    await showcase.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('shows what a table is taken for, lets it be corrected, imports it, and compares', async () => {
    const { page } = window
    // The place is drawn anew when its studies are known.
    await window.settled()
    await page.getByRole('button', { name: 'Import runs …' }).first().click()
    const dialog = page.getByRole('dialog', { name: 'Import runs' })
    await dialog.locator('input[type=file]').first().setInputFiles(join(folder, 'theirs.csv'))

    // Nobody says "eta" for a learning rate: it is asked for, and found once it is named.
    await dialog.getByRole('alert').getByText('(line 2 and 7 other lines)').waitFor()
    const importing = dialog.getByRole('button', { name: 'Import', exact: true })
    expect(await importing.isDisabled()).toBe(true)
    await dialog.locator('.row', { hasText: 'Learning rate' }).locator('.n-base-selection').click()
    await page.getByText('eta (0.0001, 0.001)').click()
    await dialog.getByText('8 runs in theirs.csv').waitFor()
    await dialog.getByText('Fields not taken over: mood').waitFor()
    expect(await dialog.locator('tbody tr').count()).toBe(8)
    // A guess is taken back, and stays so when something else is corrected.
    const accuracy = dialog.locator('.row', { hasText: 'Test accuracy' })
    await accuracy.hover()
    await accuracy.locator('.n-base-clear__clear').click()
    await dialog.getByText('Fields not taken over: test_acc, mood').waitFor()
    await dialog.getByText('shares (0.93)').click()
    await dialog.getByText('Fields not taken over: test_acc, mood').waitFor()
    await accuracy.locator('.n-base-selection').click()
    await page.locator('.v-binder-follower-content').last().getByText('test_acc', { exact: true }).click()
    await dialog.getByText('Fields not taken over: mood').waitFor()
    await dialog.getByLabel('Into the study').fill('from-a-table')
    await dialog.getByText('a new study').waitFor()
    await importing.click()
    await dialog.getByText('“from-a-table” is in the history').waitFor()
    await dialog.getByText('8 runs added, with 0 points.').waitFor()
    await dialog.getByRole('button', { name: 'Compare' }).click()
    await page.waitForURL(/compare\?study=from-a-table/)
    await page.getByRole('heading', { name: 'Compare' }).waitFor()
  })

  it('takes what is dropped on the window, and a path; says what it cannot read', async () => {
    const { page } = window
    await page.goto(`${new URL(page.url()).origin}/#/studies`)
    const drop = async (name: string, text: string): Promise<void> => {
      const transfer = await page.evaluateHandle(
        `(() => { const data = new DataTransfer(); data.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)})); return data })()`,
      )
      await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer })
      await page.getByText('Drop to look at it').waitFor()
      await page.dispatchEvent('body', 'drop', { dataTransfer: transfer })
    }
    await drop('more.csv', 'setting,lr,seed,val_acc\nfrozen,1e-4,0,0.5\n')
    const dialog = page.getByRole('dialog', { name: 'Import runs' })
    await dialog.getByText('1 run in more.csv').waitFor()
    await dialog.getByRole('button', { name: 'Other files' }).click()

    await dialog.getByPlaceholder('/home/me/project/mlruns').fill(join(folder, 'nothing'))
    await dialog.getByRole('button', { name: 'Look' }).click()
    await dialog.getByRole('alert').getByText('cannot be read (ENOENT)').waitFor()
    await dialog
      .getByPlaceholder('/home/me/project/mlruns')
      .fill(join(import.meta.dirname, '../imports/fixtures/mlruns'))
    await dialog.getByRole('button', { name: 'Look' }).click()
    await dialog.getByText('9 runs in mlruns').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })

    // An export is no import: what is done with it is to train a run of it again.
    const run = {
      task: 'mnist',
      model: 'm',
      setting: 'frozen-random',
      learning_rate: 1e-3,
      state: 'finished',
    }
    const runs = [0, 1].map((seed) => ({ ...run, id: `0a64872f5cd${seed}`, seed, metrics: {}, config: {} }))
    await drop('theirs.json', JSON.stringify({ study: 'theirs', protocol: {}, runs }))
    const again = page.getByRole('dialog', { name: 'Train a run of an export again' })
    await again.getByText('2 runs of the study “theirs”').waitFor()
    await page.keyboard.press('Escape')
    await again.waitFor({ state: 'hidden' })

    await drop('dropped.yaml', 'name: dropped\ntask: mnist\nmodel: minilm-l6\n')
    await page.waitForURL(/design/)
    expect(window.complaints).toEqual([])
  })

  it('shows files that were opened with the program, one after the other, and lets go of them', async () => {
    const { page } = window
    const { opened } = showcase.workbench
    writeFileSync(join(folder, 'mine.yaml'), 'name: by-a-double-click\ntask: mnist\n')
    const tickets = ['theirs.csv', 'mine.yaml'].map((name) => opened.put(join(folder, name)))
    await page.goto(`${new URL(page.url()).origin}/#/studies?opened=${tickets.join(',')}`)
    const dialog = page.getByRole('dialog', { name: 'Import runs' })
    await dialog.getByText('theirs.csv', { exact: false }).first().waitFor()
    // A reload in between shows it again.
    await page.reload()
    await dialog.getByText('theirs.csv', { exact: false }).first().waitFor()
    await page.keyboard.press('Escape')
    await page.waitForURL(/design/)
    expect(await page.getByRole('textbox', { name: 'Study file in YAML' }).innerText()).toContain(
      'by-a-double-click',
    )
    expect(page.url()).not.toContain('opened')

    await page.goto(`${new URL(page.url()).origin}/#/studies?opened=${crypto.randomUUID()}`)
    await page.getByText('opened before the workbench started anew').waitFor()
  })
})
