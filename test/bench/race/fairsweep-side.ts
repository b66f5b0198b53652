import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { installation } from '../../../src-main/installation'
import { openReadableStore } from '../../../src-main/store/store'
import { studyOf, type Row } from './rows'

/** What one side took for a row. */
export interface SideResult {
  /** Of every step of every run: milliseconds of the step, shared out over the runs that took it together. */
  readonly stepMs: readonly number[]
  /** Processor time of a step, all threads together, shared out likewise: what a busy machine disturbs least. */
  readonly stepCpuMs: number
  /** From the start of the program to its end, divided by the runs. */
  readonly secondsARun: number
  readonly peakMiB: number
  /** Validation accuracy after the last step, by learning rate. */
  readonly accuracies: readonly number[]
}

/** Trains a row with the program itself (command, worker, database), in a workspace of its own. */
export async function raceFairsweep(row: Row): Promise<SideResult> {
  const folder = mkdtempSync(join(tmpdir(), 'fairsweep-race-'))
  try {
    const study = join(folder, 'study.yaml')
    writeFileSync(study, studyOf(row))
    const workspace = join(folder, 'workspace')
    const command = [
      join(installation.root, 'bin/fairsweep.js'),
      'run',
      study,
      '--workspace',
      workspace,
      '--quiet',
    ]
    const { seconds, peakMiB, cpu } = await timed(process.execPath, command)
    const store = openReadableStore(join(workspace, 'history.db'))
    const runs = store.runs({ study: row.name, order: 'plan' })
    const stepMs = runs.flatMap(({ id }) => [...store.series(id, 'time/step_ms').values])
    const stepCpuMs = cpuOfStep(
      runs.map(({ id }) => store.series(id, 'time/step_ms').times),
      cpu,
    )
    const accuracies = runs.map(({ summary }) => summary['val/accuracy'] ?? NaN)
    store.close()
    if (stepMs.length !== row.steps * runs.length) throw new Error(`${row.name} did not train to its end`)
    return { stepMs, stepCpuMs, secondsARun: seconds / runs.length, peakMiB, accuracies }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The processor time a process has had by a moment (Unix milliseconds). */
interface CpuSample {
  readonly at: number
  readonly cpuMs: number
}

/** From the first step of the runs to their last, evaluations after it left out. */
function cpuOfStep(times: readonly Float64Array[], samples: readonly CpuSample[]): number {
  const steps = times.flatMap((of) => [...of])
  const by = (moment: number): number => samples.findLast(({ at }) => at <= moment)?.cpuMs ?? NaN
  return (by(Math.max(...steps)) - by(Math.min(...steps))) / (steps.length - times.length)
}

/** Runs a program to its end and watches its memory and processor time. */
async function timed(
  program: string,
  args: readonly string[],
): Promise<{ seconds: number; peakMiB: number; cpu: readonly CpuSample[] }> {
  const started = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const cpu: CpuSample[] = []
  let peakMiB = 0
  const watch = setInterval(() => {
    peakMiB = Math.max(peakMiB, peakOf(child.pid))
    cpu.push({ at: Date.now(), cpuMs: cpuOf(child.pid) })
  }, 20)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  clearInterval(watch)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`)
  return { seconds: (performance.now() - started) / 1000, peakMiB, cpu }
}

/** User and system time of a process so far; Linux counts in hundredths of a second. */
function cpuOf(pid: number | undefined): number {
  try {
    const fields =
      readFileSync(`/proc/${pid ?? ''}/stat`, 'utf8')
        .split(') ')
        .at(-1)
        ?.split(' ') ?? []
    return 10 * (Number(fields[11]) + Number(fields[12]))
  } catch {
    return NaN
  }
}

/** The kernel's own high-water mark of a process; 0 when it is gone. */
export function peakOf(pid: number | 'self' = 'self'): number {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(found?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
