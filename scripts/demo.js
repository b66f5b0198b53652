import { relative, join } from 'node:path'
import { root } from './places.js'
import { fairsweep, foreground } from './foreground.js'
import { setUpOrExit } from './setup.js'

/** `npm run demo`: set-up, a small sweep on real data, the comparison, the report. Further arguments go to each command. */

const study = join(root, 'resources/studies/demo.yaml')
const report = join(root, 'demo-report')
const further = process.argv.slice(2)

await setUpOrExit()

const command = (/** @type {string[]} */ ...args) =>
  foreground(process.execPath, [fairsweep, ...args, ...further])

const trained = await command('run', study)
if (trained !== 0) process.exit(trained)
const reported = await command('report', study, '--out', report)
if (reported !== 0) process.exit(reported)

const where = further.length === 0 ? '' : ` --silent -- serve --open ${further.join(' ')}`
process.stderr.write(
  `\nThe report is in ${relative(process.cwd(), report)}. Open the workbench on it: npm start${where}\n`,
)
