import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadEngine } from '../../../src-main/engine'
import { installation } from '../../../src-main/installation'
import { raceFairsweep, type SideResult } from './fairsweep-side'
import { floorOf } from './floor'
import { pyTorchVersion, racePyTorch } from './pytorch-side'
import { ROWS, type Row } from './rows'

/**
 * Fairsweep against PyTorch on the same studies: `npm run bench:race`. Both sides train on the same machine one after
 * the other, in several rounds, each time in a process of their own. docs/performance.md says how to read the table.
 */
const USAGE = `npm run bench:race -- [options]
  --rows NAME,…     only these rows: ${ROWS.map(({ name }) => name).join(', ')}
  --rounds N        rounds, of which medians are shown (3)
  --steps N         steps a run, instead of the row's own
  --compile         PyTorch with torch.compile
  --json FILE       also every number measured
VENV names a Python environment with torch and transformers; by default one is made in the user's cache.`

interface Round {
  readonly fairsweep: SideResult
  readonly pytorch: SideResult
  readonly floorMs: readonly number[]
}

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string' },
    compile: { type: 'boolean', default: false },
    json: { type: 'string' },
    floor: { type: 'string' },
    help: { type: 'boolean' },
  },
})

if (options.help) console.log(USAGE)
else if (options.floor !== undefined) {
  await loadEngine('tensorflow')
  console.log(JSON.stringify(floorOf(JSON.parse(options.floor) as Row, 5)))
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
  console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores; ${torch}; ${options.rounds} rounds`)
  console.log(`load before: ${loadavg()[0]?.toFixed(2)}; above 1.5 something else is running\n`)
  const rounds = new Map(rows.map((row): [Row, Round[]] => [row, []]))
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const row of rows) {
      const fairsweep = await raceFairsweep(row)
      const floorMs = measureFloor(row)
      const pytorch = await racePyTorch(row, side)
      rounds.get(row)?.push({ fairsweep, pytorch, floorMs })
      const steps = [fairsweep.stepMs, pytorch.stepMs, floorMs].map((ms) => median(ms).toFixed(1))
      console.log(`round ${round} ${row.name}: ${steps.join(' / ')} ms a step (Fairsweep / PyTorch / floor)`)
    }
  }
  console.log(`\n${tableOf(rounds)}`)
  if (options.json !== undefined) {
    const every = Array.from(rounds, ([row, measured]) => ({ row, rounds: measured }))
    writeFileSync(options.json, JSON.stringify(every, null, 1))
  }
}

/** In a process of its own, as the two sides are. */
function measureFloor(row: Row): number[] {
  const program = process.argv[1] ?? ''
  return JSON.parse(
    execFileSync(process.execPath, [program, '--floor', JSON.stringify(row)], { encoding: 'utf8' }),
  ) as number[]
}

function tableOf(rounds: ReadonlyMap<Row, readonly Round[]>): string {
  const head = [
    'row',
    'step, ms: Fairsweep',
    'PyTorch',
    'times faster',
    'floor, ms',
    'times floor',
    'run, s: Fairsweep',
    'PyTorch',
    'peak, MiB: Fairsweep',
    'PyTorch',
    'validation: Fairsweep',
    'PyTorch',
  ]
  const lines = Array.from(rounds, ([{ name }, all]) => {
    const across = (value: (round: Round) => number): number[] => all.map(value)
    const own = across(({ fairsweep }) => median(fairsweep.stepMs))
    const theirs = across(({ pytorch }) => median(pytorch.stepMs))
    const floor = across(({ floorMs }) => median(floorMs))
    const ratios = own.map((ms, i) => (theirs[i] ?? NaN) / ms)
    const accuracy = (side: 'fairsweep' | 'pytorch'): string =>
      mean(all.flatMap((round) => round[side].accuracies)).toFixed(3)
    return [
      name,
      spread(own, 1),
      spread(theirs, 1),
      `**${spread(ratios, 1)}**`,
      spread(floor, 1),
      (median(own) / median(floor)).toFixed(2),
      median(across(({ fairsweep }) => fairsweep.secondsARun)).toFixed(1),
      median(across(({ pytorch }) => pytorch.secondsARun)).toFixed(1),
      Math.max(...across(({ fairsweep }) => fairsweep.peakMiB)).toFixed(0),
      Math.max(...across(({ pytorch }) => pytorch.peakMiB)).toFixed(0),
      accuracy('fairsweep'),
      accuracy('pytorch'),
    ]
  })
  const rule = head.map(() => '---')
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** "median (lowest–highest)". */
function spread(values: readonly number[], digits: number): string {
  const all = [median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits))
  const [middle = '', low = '', high = ''] = all
  return values.length === 1 ? middle : `${middle} (${low}–${high})`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
