import { join } from 'node:path'
import { withLock } from './lock.js'
import { cacheFolder } from './places.js'
import { findTools } from './requirements.js'
import { runSteps } from './setup.js'
import { engineSteps } from './steps.js'

/**
 * Brings the tensor engine and the pretrained trunk, for the workbench's own button: `install-engine.js cpu` or `cuda`.
 * Says what it does as lines of JSON on standard output.
 */

/** @param {unknown} said */
const say = (said) => process.stdout.write(`${JSON.stringify(said)}\n`)

/** @type {import('./report.js').Report} */
const report = {
  line: (text) => say({ type: 'line', text }),
  begin: (title) => say({ type: 'step', title }),
  progress: (what, done, total) => say({ type: 'fetched', what, done, total: total ?? null }),
  end: (milliseconds) => say({ type: 'line', text: `done in ${(milliseconds / 1000).toFixed(1)} s` }),
  warn: (text) => say({ type: 'line', text }),
  fail: () => undefined,
}

const variant = process.argv[2]
if (variant !== 'cpu' && variant !== 'cuda') throw new Error(`found '${variant}', expected cpu or cuda`)
process.env.FAIRSWEEP_TENSORFLOW = variant
delete process.env.FAIRSWEEP_ENGINE

const cache = cacheFolder()
const steps = engineSteps(cache)
const { problems } = findTools()
if (steps.length === 0) {
  say({
    type: 'line',
    text: 'TensorFlow is brought for Linux on x86-64 only; elsewhere training uses the wasm engine.',
  })
  process.exitCode = 1
} else {
  const waiting = (/** @type {number} */ owner) =>
    report.line(`Another set-up is at work (process ${owner}); this one waits for it.`)
  try {
    const { leftOut } = await withLock(join(cache, 'setup.lock'), () => runSteps(steps, report), waiting)
    if (leftOut > 0) process.exitCode = 1
    else say({ type: 'line', text: 'The engine is here; runs that start now use it.' })
  } catch (error) {
    for (const missing of problems) say({ type: 'line', text: missing })
    say({ type: 'line', text: error instanceof Error ? error.message : String(error) })
    process.exitCode = 1
  }
}
