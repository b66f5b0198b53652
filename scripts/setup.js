import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { withLock } from './lock.js'
import { cacheFolder } from './places.js'
import { createReport } from './report.js'
import { findTools, nodeProblem } from './requirements.js'
import { planSteps } from './steps.js'

/**
 * Brings everything that Fairsweep needs and is not here yet: npm packages, native addons, the TensorFlow library,
 * the pretrained trunk, the built program. Each step looks first whether its work is done, so that an interrupted
 * set-up goes on where it was and a second one has nothing to do. Node's own modules only: nothing else is there yet.
 *
 * @param {{ cache?: string, report?: import('./report.js').Report, steps?: readonly import('./steps.js').Step[] }} options
 * @returns {Promise<{ stepsRun: number, leftOut: number }>}
 */
export async function setUp({
  cache = cacheFolder(),
  report = createReport(),
  steps = planSteps(cache),
} = {}) {
  const problem = nodeProblem()
  if (problem !== null) throw new Error(problem)
  if (steps.every((step) => step.isDone())) return { stepsRun: 0, leftOut: 0 }

  const waiting = (/** @type {number} */ owner) =>
    report.line(`Another set-up is at work (process ${owner}); this one waits for it.`)
  return withLock(join(cache, 'setup.lock'), () => runSteps(steps, report), waiting)
}

/**
 * @param {readonly import('./steps.js').Step[]} steps
 * @param {import('./report.js').Report} report
 */
export async function runSteps(steps, report) {
  const tools = findTools()
  let stepsRun = 0
  let leftOut = 0
  for (const step of steps) {
    if (step.isDone()) continue
    if (step.can?.(tools) === false) {
      // Why, once; what follows, for each step.
      if (leftOut === 0) tools.problems.forEach((missing) => report.warn(missing))
      leftOut++
      if (step.otherwise !== undefined) report.warn(step.otherwise)
      continue
    }
    if (stepsRun === 0) report.line('Setting up Fairsweep')
    const started = performance.now()
    report.begin(step.title)
    try {
      await step.run({ tools, report })
    } catch (error) {
      report.fail()
      throw error
    }
    report.end(performance.now() - started)
    stepsRun++
  }
  return { stepsRun, leftOut }
}

/**
 * The beginning of every command: sets up, or ends the process with the reason and what to do.
 */
export async function setUpOrExit() {
  try {
    return await setUp()
  } catch (error) {
    process.stderr.write(`Set-up failed: ${error instanceof Error ? error.message : String(error)}\n`)
    process.stderr.write('What was done is kept: the same command goes on from here.\n')
    process.exit(1)
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { stepsRun, leftOut } = await setUpOrExit()
  const outcome = stepsRun === 0 ? 'Everything is set up' : 'Fairsweep is set up'
  process.stderr.write(
    leftOut === 0 ? `${outcome}.\n` : 'Fairsweep is set up, but for what is named above.\n',
  )
}
