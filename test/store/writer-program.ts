import { writeSync } from 'node:fs'
import { openStore } from '../../src-main/store/store'
import { losses, plan, START } from './plans'

/**
 * A process that writes until it is killed: `node writer-program.js DATABASE SHARE`. It resumes the first run from the given
 * share of its stored steps, as from a checkpoint, and says so before it does; then it appends points and acknowledges
 * the last step of each message after `append` has returned, never before.
 */
const [database, share] = process.argv.slice(2)
const store = openStore(database!)
store.saveStudy(plan())
store.recoverInterrupted()
const { id } = store.runs({ study: 'lr-sweep', order: 'plan' })[0]!
const stored = store.series(id, 'train/loss').steps.at(-1) ?? 0
const fromStep = Math.floor(stored * Number(share))

writeSync(1, `from ${fromStep}\n`)
store.begin(id, { ...START, fromStep })
for (let step = fromStep + 1; ;) {
  const last = step + (step % 7)
  store.append(id, [losses(step, last), { ...losses(step, last), metric: 'train/grad_norm' }])
  writeSync(1, `acked ${last}\n`)
  step = last + 1
}
