import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { installation } from '../../../src-main/installation'
import { openReadableStore } from '../../../src-main/store/store'
import { studyOf, type Row } from './rows'

/** What one side took for a row. */
export interface SideResult {
  /** Milliseconds from step to step, all runs counted: of every step, or of stretches of them. */
  readonly stepMs: readonly number[]
  /** Processor time of a step, all threads together, shared out likewise: what a busy machine disturbs least. */
  readonly stepCpuMs: number
  /** From the start of the program to its end, divided by the runs. */
  readonly secondsARun: number
  readonly peakMiB: number
  /** Validation accuracy after the last step, by learning rate. */
  readonly accuracies: readonly number[]
}

/** A workspace that knows how a row is best trained, as it was measured in it, and what that came to. */
export interface Prepared {
  readonly folder: string
  /** From start to end of the program that measured. */
  readonly seconds: number
  readonly ways: readonly string[]
}

/**
 * Has the program measure how a row is trained, once for all rounds: a workspace remembers it for every later study of
 * the kind.
 */
export async function prepareFairsweep(row: Row): Promise<Prepared> {
  const folder = mkdtempSync(join(tmpdir(), 'fairsweep-race-ways-'))
  const once = { ...row, name: 'ways', steps: 1, examples: { validation: 8, test: 8 } }
  const { seconds } = await runStudy(once, join(folder, 'workspace'), { FAIRSWEEP_WAYS: 'measure' })
  const store = openReadableStore(join(folder, 'workspace/history.db'))
  const ways = store.trainingWays().map(({ cell, way }) => `${cell}: ${way.why}`)
  store.close()
  return { folder, seconds, ways }
}

/** Trains a row with the program itself (command, workers, database), in a workspace of its own. */
export async function raceFairsweep(row: Row, prepared: Prepared): Promise<SideResult> {
  const folder = mkdtempSync(join(tmpdir(), 'fairsweep-race-'))
  try {
    const workspace = join(folder, 'workspace')
    cpSync(join(prepared.folder, 'workspace'), workspace, { recursive: true })
    const { seconds, peakMiB, cpu } = await runStudy(row, workspace, {})
    const store = openReadableStore(join(workspace, 'history.db'))
    const runs = store.runs({ study: row.name, order: 'plan' })
    const times = runs.map(({ id }) => store.series(id, 'time/step_ms').times)
    const accuracies = runs.map(({ summary }) => summary['val/accuracy'] ?? NaN)
    store.close()
    if (times.some(({ length }) => length !== row.steps))
      throw new Error(`${row.name} did not train to its end`)
    const stepCpuMs = cpuOfStep(times, cpu)
    return { stepMs: paceOf(times), stepCpuMs, secondsARun: seconds / runs.length, peakMiB, accuracies }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function runStudy(row: Row, workspace: string, environment: Record<string, string>): Promise<Watched> {
  const study = join(dirname(workspace), 'study.yaml')
  writeFileSync(study, studyOf(row))
  const command = join(installation.root, 'bin/fairsweep.js')
  const args = [command, 'run', study, '--workspace', workspace, '--quiet']
  return timed(process.execPath, args, environment)
}

/**
 * Milliseconds by the clock from step to step, whichever run takes it: the time that a stretch of steps took, divided by
 * their number, for stretches as long as two steps of every run.
 * @param times of every step of every run, Unix milliseconds
 */
function paceOf(times: readonly Float64Array[]): number[] {
  const all = times.flatMap((of) => [...of]).sort((a, b) => a - b)
  const stretch = 2 * times.length
  const starts = Array.from(
    { length: Math.max(0, Math.floor(all.length / times.length) - 2) },
    (_, i) => i * times.length,
  )
  return starts
    .map((start) => ((all[start + stretch] ?? NaN) - (all[start] ?? NaN)) / stretch)
    .filter(Number.isFinite)
}

/** The processor time that a program and its workers have had by a moment (Unix milliseconds). */
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

interface Watched {
  readonly seconds: number
  /** Of the program and its workers together. */
  readonly peakMiB: number
  readonly cpu: readonly CpuSample[]
}

/** Runs a program to its end and watches the memory and processor time of all its processes. */
async function timed(
  program: string,
  args: readonly string[],
  environment: Record<string, string>,
): Promise<Watched> {
  const started = performance.now()
  const env = { ...process.env, ...environment }
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env })
  const cpu: CpuSample[] = []
  const spent = new Map<number, number>()
  let peakMiB = 0
  const watch = setInterval(() => {
    const processes = familyOf(child.pid)
    peakMiB = Math.max(
      peakMiB,
      processes.reduce((sum, pid) => sum + peakOf(pid), 0),
    )
    for (const pid of processes) spent.set(pid, cpuOf(pid) || (spent.get(pid) ?? 0))
    cpu.push({ at: Date.now(), cpuMs: [...spent.values()].reduce((sum, each) => sum + each, 0) })
  }, 20)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  clearInterval(watch)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`)
  return { seconds: (performance.now() - started) / 1000, peakMiB, cpu }
}

/** A process and those that it, or one of them, has started. */
function familyOf(pid: number | undefined): number[] {
  if (pid === undefined) return []
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return [
      pid,
      ...children
        .split(' ')
        .filter(Boolean)
        .flatMap((child) => familyOf(Number(child))),
    ]
  } catch {
    return []
  }
}

/** User and system time of a process so far; Linux counts in hundredths of a second. */
function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return 10 * (Number(fields[11]) + Number(fields[12]))
  } catch {
    return 0
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
