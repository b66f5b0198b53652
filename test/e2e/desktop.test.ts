import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron } from 'playwright-core'
import { expect, it } from 'vitest'
import { electronProgram } from '../../scripts/packages.js'
import { findDoor } from '../../src-main/workspace/door'

/** The desktop program itself, where Electron's binary was brought; elsewhere test/electron.test.ts has a fake. */
const root = join(import.meta.dirname, '../..')
const program = electronProgram()
const isBuilt = existsSync(join(root, 'out/main/electron.js'))
if (program === null) {
  process.stderr.write("! THE DESKTOP PROGRAM WAS NOT TESTED: Electron's binary is not here\n")
}

it.skipIf(program === null || !isBuilt)(
  'opens a workspace, shows its places, and lets go of it',
  async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'fairsweep-desktop-'))
    const app = await _electron.launch({
      executablePath: program ?? '',
      args: [root, '--no-sandbox', `--workspace=${workspace}`],
    })
    try {
      const page = await app.firstWindow()
      await page.getByRole('heading', { name: 'Studies' }).waitFor()
      expect(page.url()).toMatch(/^app:\/\/workbench\//)
      await page.getByRole('link', { name: 'Settings' }).click()
      await page.getByText(/^Electron \d/).waitFor()
      expect(findDoor(workspace)).not.toBeNull()
    } finally {
      await app.close()
      rmSync(workspace, { recursive: true, force: true })
    }
  },
)
