import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { gzipSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { openStore } from '../../src-main/store/store'
import { CHROMIUM_ARGS, SYNTHETIC_STUDY, fillStudy } from '../e2e/showcase'
import { outcome, plan, START } from '../store/plans'
import { findChromium } from '../../scripts/chromium.js'

/**
 * How quick the window is: `npm run build && npm run bench:workbench [-- RUNS]`, by default with 100,000 runs in the
 * workspace. The built workbench is served as `fairsweep serve` does it, to a real browser; each figure stands beside its
 * target. What else the machine does is measured along: look at the load.
 */
const RUNS = Number(process.argv[2] ?? 100_000)
const OUT = join(process.cwd(), 'out')
const FRAMES = 90
const VIEWPORT = { width: 1440, height: 900 }

const workspace = mkdtempSync(join(tmpdir(), 'fairsweep-bench-workbench-'))

function report(what: string, value: number, unit: string, target: number): void {
  const verdict = value <= target ? 'ok' : 'MISSED'
  const line = `${what.padEnd(64)} ${value.toFixed(1).padStart(9)} ${unit.padEnd(3)} (target ${target} ${unit})  ${verdict}`
  console.log(line)
}

/** The history of somebody who sweeps much, and a study with long curves. */
async function fill(): Promise<void> {
  const store = openStore(join(workspace, 'history.db'))
  const long = SYNTHETIC_STUDY.replace('synthetic-mnist', 'sixty')
    .replace('per_decade: 2', 'per_decade: 1')
    .replace('max_steps: 2000', 'max_steps: 10000')
  await fillStudy(store, long)
  const seeds = Array.from({ length: RUNS / 100 }, (_, i) => i)
  const learning_rates = Array.from({ length: 100 }, (_, i) => Number((1e-6 * 1.1 ** i).toPrecision(3)))
  store.saveStudy(plan({ name: 'wide', learning_rates, seeds }))
  store.together(() => {
    for (const { id, seed } of store.runs({ study: 'wide' })) {
      store.begin(id, START)
      store.end(
        id,
        outcome({ 'val/loss': 0.3, 'val/accuracy': 0.9 + (seed % 97) / 1000, 'test/accuracy': 0.9 }),
      )
    }
  })
  store.close()
}

/** Serves the workspace in a process of its own; resolves with its link and the time from start to there. */
function serve(): Promise<{ link: string; ms: number; stop: () => Promise<void> }> {
  const start = performance.now()
  const program = spawn(process.execPath, [
    join(OUT, 'main/cli.js'),
    'serve',
    '--workspace',
    workspace,
    '--json',
  ])
  const ended = new Promise<void>((resolve) => program.once('exit', () => resolve()))
  const stop = (): Promise<void> => {
    program.kill('SIGINT')
    return ended
  }
  return new Promise((resolve, reject) => {
    let said = ''
    program.stderr.on('data', (data: Buffer) => process.stderr.write(data))
    program.stdout.on('data', (data: Buffer) => {
      said += data.toString()
      const link = /http:\/\/127\.0\.0\.1:\d+\/[^\s"]+/.exec(said)?.[0]
      if (link !== undefined) resolve({ link, ms: performance.now() - start, stop })
    })
    program.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${said}`)))
  })
}

/** Goes to a place within the page and says how long it took until `selector` was there. */
async function reach(page: Page, address: string, selector: string): Promise<number> {
  const start = performance.now()
  await page.evaluate(`location.hash = ${JSON.stringify(address)}`)
  await page.locator(selector).first().waitFor()
  return performance.now() - start
}

/** The milliseconds between frames while the page runs `step` (JavaScript, `i` from 0) once a frame. */
const framesWhile = (page: Page, step: string): Promise<number[]> =>
  page.evaluate(`new Promise((resolve) => {
    const times = []
    let i = 0
    const frame = (now) => {
      times.push(now)
      if (i >= ${FRAMES}) return resolve(times.slice(1).map((time, at) => time - times[at]))
      ;(${step})(i++)
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })`)

/** The milliseconds of work (script, style, layout, paint by CPU) that `step` costs the page, without waiting for frames. */
const workOf = (page: Page, step: string): Promise<number[]> =>
  page.evaluate(`(async () => {
    const times = []
    for (let i = 0; i < ${FRAMES}; i++) {
      const start = performance.now()
      ;(${step})(i)
      await Promise.resolve().then(() => Promise.resolve())
      document.body.offsetHeight
      times.push(performance.now() - start)
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
    return times
  })()`)

/** Ten rows a frame, and now and then two thousand. */
const SCROLL = `(i) => document.querySelector('.viewport').scrollBy(0, 330 * (i % 30 === 29 ? 200 : 1))`

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? NaN

async function measureList(page: Page): Promise<void> {
  report('Runs: first rows', await reach(page, '/runs', '.viewport [role="row"]'), 'ms', 500)
  await page.waitForTimeout(1_000)
  const frames = await framesWhile(page, SCROLL)
  report('Runs: scrolling, a frame (median)', quantile(frames, 0.5), 'ms', 17)
  report('Runs: scrolling, a frame (95 %)', quantile(frames, 0.95), 'ms', 34)
  report('Runs: scrolling, work of a step (95 %)', quantile(await workOf(page, SCROLL), 0.95), 'ms', 16)
  const filters = [
    'lr < 1e-4 and seed < 3',
    'val/accuracy > 0.99',
    'test/accuracy > 0.95',
    'state = finished and setting ~ frozen',
  ]
  for (const filter of filters) {
    const ms = await page.evaluate(`new Promise((resolve) => {
      const words = document.querySelector('main header p')
      const count = () => /^[\\d,]+/.exec(words.textContent ?? '')?.[0]
      const before = count()
      const start = performance.now()
      new MutationObserver(() => {
        if (count() !== undefined && count() !== before) resolve(performance.now() - start)
      }).observe(words, { characterData: true, childList: true, subtree: true })
      location.hash = ${JSON.stringify(`/runs?filter=${encodeURIComponent(filter)}`)}
    })`)
    report(`Runs: filter ${filter}`, ms as number, 'ms', 100)
  }
}

/** What scrolling costs this browser on this machine where there is nothing to do but to draw lines. */
async function measureFloor(): Promise<void> {
  const blank = await browser.newPage({ viewport: VIEWPORT })
  await blank.setContent(
    `<div class="viewport" style="height: 800px; overflow: auto"><div style="height: 3200000px; background: repeating-linear-gradient(#fff, #fff 31px, #ddd 31px, #ddd 32px)"></div></div>`,
  )
  const frames = await framesWhile(blank, SCROLL)
  report('Floor: scrolling an empty page, a frame (95 %)', quantile(frames, 0.95), 'ms', 34)
  await blank.close()
}

/** A study file that asks for 100,000 runs, or a few less. */
const draft = (seeds: number): string => `name: large
task: {kind: bit-memory}
model: {kind: gpt2, layers: 1, width: 8, heads: 1}
settings: [frozen-random, unfrozen-random]
learning_rates: {from: 1e-6, to: 1e-2, per_decade: 6}
seeds: [${Array.from({ length: seeds }, (_, i) => i).join(', ')}]
`

async function measureDesign(page: Page): Promise<void> {
  await reach(page, '/design', 'section[aria-label="Plan"]')
  const strip = page.getByRole('region', { name: 'Plan' })
  for (const [seeds, when] of [
    [2_000, 'thread started'],
    [1_999, 'edited'],
  ] as const) {
    const start = performance.now()
    await page
      .locator('input[aria-label="A study file"]')
      .setInputFiles({ name: 'large.yaml', mimeType: 'text/yaml', buffer: Buffer.from(draft(seeds)) })
    await strip.getByText((50 * seeds).toLocaleString('en'), { exact: true }).waitFor()
    report(`Design: a study of 100,000 runs is counted (${when})`, performance.now() - start, 'ms', 1_500)
    await strip.getByText(new RegExp(`${seeds.toLocaleString('en')} seeds that spread`)).waitFor()
    report(`Design: and forecast (${when})`, performance.now() - start, 'ms', 3_000)
  }
}

async function measureCompare(page: Page): Promise<void> {
  const slider = '[role="slider"][aria-label="One learning rate for all settings"]'
  report(
    'Compare: 60 runs of 10,000 points, first time (charts loaded)',
    await reach(page, '/compare?study=sixty', slider),
    'ms',
    1_000,
  )
  await reach(page, '/studies', 'article')
  report('Compare: again, from another place', await reach(page, '/compare?study=sixty', slider), 'ms', 300)
  await page.reload()
  await page.locator(slider).waitFor()
  await page.waitForTimeout(1_500)
  const drag = `(i) => {
    const handle = document.querySelector('${slider}')
    const box = handle.parentElement.getBoundingClientRect()
    const at = box.left + box.width * (0.2 + 0.6 * Math.abs(((i / 30) % 2) - 1))
    const event = (type) => handle.dispatchEvent(new PointerEvent(type, { clientX: at, clientY: box.top + 60, pointerId: 1, button: 0, bubbles: true }))
    if (i === 0) { handle.setPointerCapture = () => undefined; event('pointerdown') }
    event('pointermove')
  }`
  report(
    'Compare: dragging the rate line, work of a move (median)',
    quantile(await workOf(page, drag), 0.5),
    'ms',
    16,
  )
  const work = await workOf(page, drag)
  report('Compare: dragging the rate line, work of a move (95 %)', quantile(work, 0.95), 'ms', 16)
  const frames = await framesWhile(page, drag)
  report('Compare: dragging the rate line, a frame (median)', quantile(frames, 0.5), 'ms', 17)
}

/** The answers that took longest, to know where to look. */
async function listSlowest(page: Page): Promise<void> {
  const answers: { name: string; duration: number }[] = await page.evaluate(
    `performance.getEntriesByType('resource').filter(({ name }) => name.includes('/trpc/')).map(({ name, duration }) => ({ name, duration }))`,
  )
  for (const { name, duration } of answers.sort((a, b) => b.duration - a.duration).slice(0, 8)) {
    console.log(
      `  ${duration.toFixed(0).padStart(6)} ms  ${decodeURIComponent(name.split('/trpc/')[1] ?? '').slice(0, 150)}`,
    )
  }
}

/** What a browser loads, compressed, file by file. */
function measureBundle(): void {
  const folder = join(OUT, 'renderer/assets')
  const sizes = readdirSync(folder)
    .filter((file) => /\.(js|css)$/.test(file))
    .map((file) => ({ file, bytes: gzipSync(readFileSync(join(folder, file))).length }))
    .sort((a, b) => b.bytes - a.bytes)
  const html = readFileSync(join(OUT, 'renderer/index.html'), 'utf8')
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
  const first = sizes.filter(({ file }) => html.includes(file)).reduce((sum, { bytes }) => sum + bytes, 0)
  report('Bundle, all of it, gzipped', total / 1e6, 'MB', 2)
  report('Bundle, what the first page needs', first / 1e6, 'MB', 0.5)
  for (const { file, bytes } of sizes.slice(0, 12))
    console.log(`  ${(bytes / 1e3).toFixed(0).padStart(5)} kB  ${file}`)
}

const executablePath = findChromium()
if (executablePath === null) throw new Error('no Chromium was found; name one in FAIRSWEEP_CHROMIUM')
const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGS] })
try {
  console.log(`${RUNS} runs, load ${loadavg()[0]?.toFixed(1)}`)
  await fill()
  const page = await browser.newPage({ viewport: VIEWPORT })
  const { link, ms, stop } = await serve()
  report('Start: from the command to its link', ms, 'ms', 1_000)
  const start = performance.now()
  await page.goto(link)
  await page.locator('article h2').first().waitFor()
  report('Start: from the command to usable', ms + performance.now() - start, 'ms', 2_000)
  await measureFloor()
  await measureList(page)
  await listSlowest(page)
  await measureCompare(page)
  await listSlowest(page)
  await measureDesign(page)
  measureBundle()
  console.log(`load at the end ${loadavg()[0]?.toFixed(1)}`)
  await stop()
} finally {
  await browser.close()
  rmSync(workspace, { recursive: true, force: true })
}
