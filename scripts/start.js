import { buildSqliteForElectron } from './electron-addon.js'
import { electronProgram } from './packages.js'
import { root } from './places.js'
import { fairsweep, foreground } from './foreground.js'
import { setUpOrExit } from './setup.js'

/**
 * `npm start`: the workbench, in Electron where its program and a display are there, else in the browser.
 * `npm start --silent -- COMMAND …`: a command.
 */

const args = process.argv.slice(2)
await setUpOrExit()
process.exitCode = args.length > 0 ? await command(args) : await openWorkbench()

/** @param {readonly string[]} words */
function command(words) {
  return foreground(process.execPath, [fairsweep, ...words], { cwd: process.env.INIT_CWD ?? process.cwd() })
}

async function openWorkbench() {
  const electron = electronProgram()
  if (electron === null || !hasDisplay()) return command(['serve', '--open'])
  try {
    await buildSqliteForElectron()
  } catch (error) {
    process.stderr.write(
      `Electron cannot be used: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    process.stderr.write('The workbench opens in the browser instead.\n')
    return command(['serve', '--open'])
  }
  return foreground(electron, [root])
}

const hasDisplay = () =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY)
