import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadEngine } from '../../../src-main/engine'
import { installation } from '../../../src-main/installation'
import { curveTable, measureCurves, measurePoint, type Point } from './curves'
import { prepareFairsweep, raceFairsweep, type Prepared } from './fairsweep-side'
import { floorOf, type Floor } from './floor'
import { writeGrowthFigure } from './growth-figure'
import { pyTorchVersion, racePyTorch } from './pytorch-side'
import { ROWS, type Row } from './rows'
import { median, raceTable, type Round } from './table'

/**
 * Fairsweep against PyTorch on the same studies: `npm run bench:race`. Both sides train on the same machine one after
 * the other, in several rounds, each time in a process of their own. docs/performance.md says how to read the table.
 */
const USAGE = `npm run bench:race -- [options]
  --rows NAME,…     only these rows: ${ROWS.map(({ name }) => name).join(', ')}
  --rounds N        rounds, of which medians are shown (3)
  --steps N         steps a run, instead of the row's own
  --compile         PyTorch with torch.compile
  --curves          instead of the race: how a step's time grows, and what its parts take (Fairsweep alone)
  --figure FILE     with --curves: how time and memory grow, as SVG
  --json FILE       also every number measured
VENV names a Python environment with torch and transformers; by default one is made in the user's cache.`

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string' },
    compile: { type: 'boolean', default: false },
    curves: { type: 'boolean', default: false },
    figure: { type: 'string' },
    json: { type: 'string' },
    floor: { type: 'string' },
    point: { type: 'string' },
    help: { type: 'boolean' },
  },
})

if (options.help) console.log(USAGE)
else if (options.floor !== undefined) {
  await loadEngine('tensorflow')
  console.log(JSON.stringify(floorOf(JSON.parse(options.floor) as Row, 5)))
} else if (options.point !== undefined) {
  await loadEngine('tensorflow')
  console.log(JSON.stringify(await measurePoint(JSON.parse(options.point) as Point)))
} else if (options.curves) {
  printMachine()
  const curves = measureCurves((point) => inProcess('--point', point, poolsOf(point)))
  console.log(curveTable(curves))
  if (options.figure !== undefined) writeGrowthFigure(curves, options.figure)
} else await race(chosenRows())

function chosenRows(): Row[] {
  const names = options.rows?.split(',') ?? ROWS.map(({ name }) => name)
  return names.map((name) => {
    const row = ROWS.find((row) => row.name === name)
    if (row === undefined) throw new Error(`no row ${name}\n${USAGE}`)
    return options.steps === undefined ? row : { ...row, steps: Number(options.steps) }
  })
}

async function race(rows: readonly Row[]): Promise<void> {
  const venv = process.env.VENV ?? join(installation.cache, 'race-venv')
  const side = { venv, compile: options.compile }
  const torch = `PyTorch ${pyTorchVersion(venv)}${options.compile ? ' (torch.compile)' : ''}`
  printMachine()
  console.log(`${torch}; ${options.rounds} rounds\n`)
  const rounds = new Map(rows.map((row): [Row, Round[]] => [row, []]))
  const prepared = new Map<Row, Prepared>()
  for (const row of rows) {
    const ready = await prepareFairsweep(row)
    prepared.set(row, ready)
    console.log(`${row.name}: measured in ${ready.seconds.toFixed(0)} s\n  ${ready.ways.join('\n  ')}`)
  }
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const row of rows) {
      const ready = prepared.get(row)
      if (ready === undefined) continue
      const fairsweep = await raceFairsweep(row, ready)
      const floor = inProcess<Floor>('--floor', row)
      const pytorch = await racePyTorch(row, side)
      rounds.get(row)?.push({ fairsweep, pytorch, floor })
      const steps = [fairsweep.stepMs, pytorch.stepMs, floor.productsMs].map((ms) => median(ms).toFixed(1))
      console.log(`round ${round} ${row.name}: ${steps.join(' / ')} ms a step (Fairsweep / PyTorch / floor)`)
    }
  }
  for (const { folder } of prepared.values()) rmSync(folder, { recursive: true, force: true })
  console.log(`\n${raceTable(rounds)}`)
  if (options.json !== undefined) {
    const every = Array.from(rounds, ([row, measured]) => ({ row, rounds: measured }))
    writeFileSync(options.json, JSON.stringify(every, null, 1))
  }
}

function printMachine(): void {
  console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores`)
  console.log(`load before: ${loadavg()[0]?.toFixed(2)}; above 1.5 something else is running`)
}

/** Measures in a process of its own, as the two sides are. */
function inProcess<T>(option: '--floor' | '--point', what: object, pools: Record<string, string> = {}): T {
  const args = [process.argv[1] ?? '', option, JSON.stringify(what)]
  const env = { ...process.env, ...pools }
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env })) as T
}

function poolsOf({ threads }: Point): Record<string, string> {
  return threads === null
    ? {}
    : { TF_NUM_INTRAOP_THREADS: `${threads}`, TF_NUM_INTEROP_THREADS: `${threads}` }
}
