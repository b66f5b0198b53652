import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { InputError } from '../../src-main/errors'
import { builtRenderer } from '../built'
import { SYNTHETIC_STUDY, fillStudy, openShowcase } from './showcase'
import type { Showcase } from './showcase'
import { BROWSER, openWindow, sayUntested, seriousIn } from './window'
import type { Window } from './window'

sayUntested("A RUN'S WEIGHTS IN THE WINDOW")

describe.skipIf(BROWSER === '')("a run's weights in the window", () => {
  let showcase: Showcase
  let window: Window
  let run = ''
  let bare = ''
  const within = (...parts: string[]): string => join(showcase.workbench.workspace, ...parts)

  beforeAll(async () => {
    const study = SYNTHETIC_STUDY.replace('2000', '40')
      .replace('every: 100', 'every: 20')
      .replace('per_decade: 2', 'per_decade: 1')
    showcase = await openShowcase({
      renderer: await builtRenderer(),
      fill: (store) => fillStudy(store, study),
    })
    ;[run = '', bare = ''] = showcase.workbench.store
      .runs({ states: ['finished'], limit: 2 })
      .map(({ id }) => id)
    for (const folder of ['weights', 'a mine', 'a mine/models', '.hidden'])
      mkdirSync(within(folder), { recursive: true })
    writeFileSync(within('weights', `${run}.${'a'.repeat(64)}.safetensors`), Buffer.alloc(4_000))
    window = await openWindow(showcase.link())
  }, 240_000)
  afterAll(async () => {
    await window.close()
    await showcase.close()
  })

  it('are written into a folder that is chosen by keys alone', async () => {
    const { page } = window
    const write = vi.spyOn(showcase.workbench.weights, 'export').mockImplementation(async function* (_, out) {
      yield { done: 1_000, of: 4_000 }
      await Promise.resolve()
      if (existsSync(out)) throw new InputError('is not empty, expected a new folder', { file: out })
      mkdirSync(out)
      writeFileSync(join(out, 'config.json'), '{}')
    })
    await page.goto(`${new URL(page.url()).origin}/#/runs/${run}`)
    await page.getByRole('button', { name: 'Export weights…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Export weights' })
    const field = dialog.getByRole('textbox', { name: 'Folder' })
    expect(await field.inputValue()).toBe(within('exports', `weights-${run}`))

    await dialog.getByRole('button', { name: 'Choose: Folder' }).focus()
    await page.keyboard.press('Enter')
    const list = dialog.getByRole('list', { name: `Folders in ${within()}` })
    await list.getByRole('button', { name: 'a mine' }).waitFor()
    expect(await list.getByText('.hidden').count()).toBe(0)
    await window.settled()
    expect(await seriousIn(page, 'a folder is chosen')).toEqual([])
    await list.focus()
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => page.locator(':focus').innerText()).toContain('a mine')
    await page.keyboard.press('Enter')
    await dialog.getByRole('button', { name: 'models' }).waitFor()
    expect(await field.inputValue()).toBe(within('a mine', `weights-${run}`))
    await page.keyboard.press('Backspace')
    await list.getByRole('button', { name: 'a mine' }).waitFor()
    await dialog.getByText('hidden ones').click()
    await list.getByRole('button', { name: '.hidden' }).click()
    expect(await field.inputValue()).toBe(within('.hidden', `weights-${run}`))
    await page.keyboard.press('Escape')
    await dialog.getByRole('group', { name: 'Folders' }).waitFor({ state: 'hidden' })

    await dialog.getByRole('button', { name: 'Write' }).click()
    await dialog.getByText('1 file written: config.json.').waitFor()
    expect(write).toHaveBeenCalledWith(run, within('.hidden', `weights-${run}`))
    await dialog.getByRole('button', { name: 'Write' }).click()
    await dialog.getByRole('alert').getByText('is not empty, expected a new folder').waitFor()
    write.mockRestore()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
  })

  it('are removed when that was confirmed; then the page says why there are none', async () => {
    const { page } = window
    const panel = page.getByRole('region', { name: 'Trained weights' })
    await panel.getByText('4.00 kB').waitFor()
    await panel.getByRole('button', { name: 'Remove…' }).click()
    expect(showcase.workbench.weights.kept(run)).not.toBeNull()
    await page.getByRole('button', { name: 'Remove for good' }).click()
    await panel.getByText('keep_weights: all').waitFor()
    expect(showcase.workbench.weights.kept(run)).toBeNull()

    await page.goto(`${new URL(page.url()).origin}/#/runs/${bare}`)
    const button = page.getByRole('button', { name: 'Export weights…' })
    await expect.poll(() => button.getAttribute('title')).toContain(`no weights of run ${bare} are kept`)
    expect(await button.isDisabled()).toBe(true)
  })
})
