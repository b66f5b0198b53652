import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { builtRenderer } from '../built'
import { WITHOUT_ENGINE, WITH_ENGINE, playInstaller } from './installer'
import { SYNTHETIC_STUDY, fillStudy, openShowcase } from './showcase'
import type { Showcase } from './showcase'
import { BROWSER, openWindow, sayUntested, seriousIn } from './window'
import type { Window } from './window'

sayUntested('THE SETTINGS PLACE')

describe.skipIf(BROWSER === '')('the Settings place', () => {
  let showcase: Showcase
  let window: Window

  beforeAll(async () => {
    const study = SYNTHETIC_STUDY.replace('2000', '200').replace('every: 100', 'every: 20')
    showcase = await openShowcase({
      renderer: await builtRenderer(),
      fill: (store) => fillStudy(store, study.replace('per_decade: 2', 'per_decade: 1')),
    })
    const examined = { report: WITHOUT_ENGINE, at: new Date().toISOString() }
    vi.spyOn(showcase.workbench.machine, 'examine')
      // The page asks a second time by itself.
      .mockRejectedValueOnce(new Error('the examination ended with code 1'))
      .mockRejectedValueOnce(new Error('the examination ended with code 1'))
      .mockResolvedValue(examined)
    window = await openWindow(showcase.link())
  }, 240_000)
  afterAll(async () => {
    await window.close()
    await showcase.close()
  })

  it('says what the machine has, what is missing and how to get it; and what went wrong', async () => {
    const { page } = window
    await page.goto(`${new URL(page.url()).origin}/#/settings`)
    const engine = page.getByRole('region', { name: 'Engine and devices' })
    await engine.getByRole('alert').getByText('the examination ended with code 1').waitFor()
    await engine.getByRole('button', { name: 'Try again' }).click()
    await engine.getByText('TensorFlow is not here.').waitFor()
    await engine.getByText('Run: npm run setup.').waitFor()
    await engine.getByText('21 GFLOP/s').waitFor()
    await engine.getByRole('button', { name: 'Measure again' }).click()
    await vi.waitFor(() =>
      expect(showcase.workbench.machine.examine).toHaveBeenLastCalledWith({ fresh: true }),
    )

    vi.spyOn(showcase.workbench.machine, 'install').mockImplementation(() => {
      throw new Error('no room')
    })
    await engine.getByRole('button', { name: 'For the CPU' }).click()
    await page.getByText('no room').waitFor()
  })

  it('installs the engine: how far it is, stopped, failed with the reason, and there at last', async () => {
    const { page } = window
    const { machine } = showcase.workbench
    const installer = playInstaller()
    vi.mocked(machine.install).mockRestore()
    const engine = page.getByRole('region', { name: 'Engine and devices' })
    const cpu = engine.getByRole('button', { name: 'For the CPU' })
    const found: string[] = []

    await engine.getByText('Training is 10 to 15 times faster on TensorFlow').waitFor()
    installer.next('halfway')
    await engine.getByRole('button', { name: 'With CUDA' }).click()
    await engine.getByText('bringing TensorFlow 2.21.0 …').waitFor()
    await engine.getByText('137 of 274 MB').waitFor()
    expect(await engine.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('50')
    expect(await cpu.count()).toBe(0)
    expect(machine.installing?.variant).toBe('cuda')
    found.push(...(await seriousIn(page, 'installing')))
    await engine.getByRole('button', { name: 'Stop' }).click()
    await engine.getByText('Stopped; what was fetched is kept').waitFor()

    installer.next('failing')
    await cpu.click()
    const why = engine.getByRole('alert')
    await why.getByText('The engine could not be installed.').waitFor()
    await why.getByText('no C++ compiler: apt-get install g++').waitFor()
    await engine.locator('details[open]').waitFor()
    found.push(...(await seriousIn(page, 'failed')))

    const examined = { report: WITH_ENGINE, at: new Date().toISOString() }
    vi.spyOn(machine, 'examine').mockResolvedValue(examined)
    installer.next('quick')
    await cpu.click()
    await engine.getByText('The engine is installed').waitFor()
    await engine.getByText('Nothing is missing.').waitFor()
    expect(found).toEqual([])
    installer.end()
  })

  it('says in every place that the engine is missing, and leads to where it is installed', async () => {
    const { page } = window
    const engine = vi.spyOn(showcase.workbench.machine, 'hasEngine', 'get').mockReturnValue(false)
    await page.goto(`${new URL(page.url()).origin}/#/runs`)
    await page.reload()
    await page.getByText('The tensor engine is not installed here yet').waitFor()
    await page.getByRole('link', { name: 'install it in Settings' }).click()
    await page.getByRole('region', { name: 'Engine and devices' }).waitFor()
    engine.mockRestore()
    await page.reload()
    await page.getByRole('region', { name: 'Engine and devices' }).waitFor()
    expect(await page.getByText('The tensor engine is not installed').count()).toBe(0)
  })

  it('backs the history up, and makes a workspace of a backup', async () => {
    const { page } = window
    const { workspace } = showcase.workbench
    const backups = page.getByRole('region', { name: 'Backups' })
    // By its button, or by the palette.
    await page.keyboard.press('Control+KeyK')
    await page.keyboard.type('back up')
    await page.getByRole('option', { name: 'Back up the history' }).waitFor()
    await page.keyboard.press('Enter')
    await backups.getByText('asked for').waitFor()
    await backups
      .getByRole('button', { name: /^Restore the backup/ })
      .first()
      .click()
    const dialog = page.getByRole('dialog', { name: 'Restore a backup' })
    await dialog.getByRole('textbox', { name: 'New or empty folder' }).fill(workspace)
    await dialog.getByRole('button', { name: 'Restore' }).click()
    await dialog.getByRole('alert').getByText('has something in it').waitFor()
    const target = join(workspace, 'restored')
    await dialog.getByRole('textbox', { name: 'New or empty folder' }).fill(target)
    await dialog.getByRole('button', { name: 'Restore' }).click()
    await dialog.getByText(`fairsweep serve --open --workspace '${target}'`).waitFor()
    expect(existsSync(join(target, 'history.db'))).toBe(true)
    await page.keyboard.press('Escape')

    const folder = page.getByRole('region', { name: 'Workspace folder' })
    await folder.getByText(workspace, { exact: true }).waitFor()
    await folder.getByText('Free disk').waitFor()
    await page.getByRole('region', { name: 'Look, keys' }).getByText('Dark').click()
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    // The browser names the answer that was an error.
    expect(window.complaints.filter((line) => !line.includes('status of 500'))).toEqual([])
  })
})
