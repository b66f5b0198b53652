import { installPackage } from './apt.js'
import { findChromium, installChromium } from './chromium.js'
import { output } from './command.js'
import { runPackage } from './foreground.js'
import { setUpOrExit } from './setup.js'

/** `npm test`: set-up, the programs that tests open things with, the type check, the suite. Arguments go to vitest. */

await setUpOrExit()

const problem = findChromium() === null ? installChromium() : null
const browser = findChromium()
if (problem !== null) process.stderr.write(`! THE END-TO-END TESTS ARE SKIPPED: ${problem}\n`)

const noPoppler =
  output('pdftoppm', ['-v']) === null ? installPackage('poppler-utils', 'Poppler, which draws PDFs') : null
if (noPoppler !== null) process.stderr.write(`! NO PDF IS DRAWN IN THE TESTS: ${noPoppler}\n`)

process.stderr.write('  checking types …\n')
const [main, renderer] = await Promise.all([
  runPackage('typescript/bin/tsc', ['-p', 'tsconfig.json']),
  runPackage('vue-tsc/bin/vue-tsc.js', ['-p', 'tsconfig.renderer.json']),
])
if (main !== 0 || renderer !== 0) process.exit(1)

const env = browser === null ? process.env : { ...process.env, FAIRSWEEP_CHROMIUM: browser }
process.exitCode = await runPackage('vitest/vitest.mjs', ['run', ...process.argv.slice(2)], env)
