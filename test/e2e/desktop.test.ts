import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, chromium } from 'playwright-core'
import type { ElectronApplication, Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { electronProgram } from '../../scripts/packages.js'
import { openWorkbench } from '../../src-main/workbench'
import { findDoor } from '../../src-main/workspace/door'
import { takeJourney } from './journey'
import { CHROMIUM_ARGS } from './showcase'
import { writeTinyImages } from './tiny-study'
import { BROWSER, complaintsOf } from './window'

/** The desktop program itself, where Electron's binary was brought; elsewhere test/electron.test.ts has a fake. */
const root = join(import.meta.dirname, '../..')
const program = electronProgram()
const isBuilt = existsSync(join(root, 'out/main/electron.js'))
if (program === null) {
  process.stderr.write("! THE DESKTOP PROGRAM WAS NOT TESTED: Electron's binary is not here\n")
} else if (!isBuilt) {
  process.stderr.write('! THE DESKTOP PROGRAM WAS NOT TESTED: it is not built (npm run build)\n')
} else if (BROWSER === '') {
  process.stderr.write('! THE JOURNEY IN THE DESKTOP PROGRAM WAS NOT TESTED: no browser to open its report\n')
}

describe.skipIf(program === null || !isBuilt)('the desktop program', () => {
  let folder: string
  let workspace: string
  let app: ElectronApplication
  let page: Page

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairsweep-desktop-'))
    workspace = join(folder, 'workspace')
    app = await _electron.launch({
      executablePath: program ?? '',
      args: [root, '--no-sandbox', `--workspace=${workspace}`],
    })
    page = await app.firstWindow()
    page.setDefaultTimeout(60_000)
  }, 120_000)
  afterEach(async () => {
    await app.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('opens a workspace, shows its places, and lets go of it', async () => {
    await page.getByRole('heading', { name: 'Studies' }).waitFor()
    expect(page.url()).toMatch(/^app:\/\/workbench\//)
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByText(/^Electron \d/).waitFor()
    expect(findDoor(workspace)).not.toBeNull()
  })

  it.skipIf(BROWSER === '')(
    'takes a study from design to report, as a browser does',
    { timeout: 480_000 },
    async () => {
      const complaints = complaintsOf(page, 'app://workbench')
      await page.getByRole('heading', { name: 'Studies' }).waitFor()
      writeTinyImages(join(folder, 'images'), { train: 500, test: 80 })
      // Another process beside the owner, which may read what he writes.
      const reader = await openWorkbench({ workspace, access: 'reader' })
      const { store } = reader
      const browser = await chromium.launch({ executablePath: BROWSER, args: [...CHROMIUM_ARGS] })
      try {
        await takeJourney({
          page,
          workspace,
          images: join(folder, 'images'),
          store,
          isTraining: () => store.runs({ states: ['running'] }).length > 0,
          openFile: async (path) => {
            const paper = await browser.newPage()
            await paper.goto(`file://${path}`)
            return paper
          },
        })
        expect(complaints).toEqual([])
      } finally {
        await browser.close()
        await reader.close()
      }
    },
  )
})
