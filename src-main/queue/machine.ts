import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os'

/** What this machine and the processes that train are doing at this moment. Memory in bytes. */
export interface MachineLoad {
  readonly processor: {
    readonly name: string
    readonly cores: number
    /** Processes that ran or waited to, mean of the last minute; null where the system does not tell. */
    readonly load: number | null
  }
  readonly memory: { readonly total: number; readonly free: number }
  /** The program itself, with the workers that are threads of it, then each worker process. */
  readonly processes: readonly ProcessLoad[]
  /** Null: nvidia-smi is not there, or does not answer. */
  readonly gpus: readonly GpuLoad[] | null
}

export interface ProcessLoad {
  readonly pid: number
  readonly kind: 'program' | 'worker'
  readonly memory: number
  /** Cores in use since the last time that somebody asked; null the first time, and where the system does not tell. */
  readonly cores: number | null
}

/** A value is null where the driver does not tell. */
export interface GpuLoad {
  readonly index: number
  readonly name: string
  /** 0 to 1. */
  readonly use: number | null
  readonly memoryUsed: number | null
  readonly memoryTotal: number | null
  /** °C */
  readonly temperature: number | null
}

const GPU_QUERY = 'index,name,utilization.gpu,memory.used,memory.total,temperature.gpu'
const SMI_PATIENCE_MS = 3_000
/** Clock ticks a second of /proc on every Linux that Node runs on. */
const TICKS = 100

/** Reads the machine's load; keeps what it needs to tell use from one reading to the next. */
export class MachineGauge {
  private readonly last = new Map<number, { at: number; seconds: number }>()
  private hasSmi = true

  async read(workers: readonly number[]): Promise<MachineLoad> {
    const [model] = cpus()
    const load = process.platform === 'win32' ? null : (loadavg()[0] ?? null)
    const own = { pid: process.pid, memory: process.memoryUsage.rss(), seconds: ownSeconds() }
    const others = await Promise.all(workers.map(readProcess))
    return {
      processor: { name: model?.model.trim() ?? 'processor', cores: availableParallelism(), load },
      memory: { total: totalmem(), free: await availableMemory() },
      processes: [
        this.process('program', own),
        ...others.flatMap((one) => (one === null ? [] : [this.process('worker', one)])),
      ],
      gpus: await this.gpus(),
    }
  }

  private process(
    kind: ProcessLoad['kind'],
    { pid, memory, seconds }: { pid: number; memory: number; seconds: number },
  ): ProcessLoad {
    const at = performance.now() / 1000
    const before = this.last.get(pid)
    this.last.set(pid, { at, seconds })
    const cores =
      before === undefined || at <= before.at ? null : (seconds - before.seconds) / (at - before.at)
    return { pid, kind, memory, cores }
  }

  private async gpus(): Promise<readonly GpuLoad[] | null> {
    if (!this.hasSmi) return null
    const text = await new Promise<string | null>((resolve) => {
      const args = [`--query-gpu=${GPU_QUERY}`, '--format=csv,noheader,nounits']
      execFile('nvidia-smi', args, { timeout: SMI_PATIENCE_MS }, (error, stdout) => {
        // A driver that is busy may answer the next time; a program that is not there will not.
        if (error !== null && 'code' in error && error.code === 'ENOENT') this.hasSmi = false
        resolve(error === null ? stdout : null)
      })
    })
    return text === null ? null : parseGpus(text)
  }
}

/** The rows of `nvidia-smi --query-gpu=… --format=csv,noheader,nounits`; memory comes in MiB. */
export function parseGpus(text: string): GpuLoad[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      // A name may hold a comma, the numbers do not.
      const fields = line.split(',').map((field) => field.trim())
      const [use, used, total, temperature] = fields.slice(-4).map(numberOrNull)
      return {
        index: Number(fields[0]),
        name: fields.slice(1, -4).join(', '),
        use: scaled(use, 0.01),
        memoryUsed: scaled(used, 2 ** 20),
        memoryTotal: scaled(total, 2 ** 20),
        temperature: temperature ?? null,
      }
    })
}

/** "[N/A]" and "[Not Supported]" are no numbers. */
const numberOrNull = (field: string): number | null => (/^\d+(\.\d+)?$/.test(field) ? Number(field) : null)

const scaled = (value: number | null | undefined, unit: number): number | null =>
  value === null || value === undefined ? null : value * unit

/** Processor time of this process with all its threads. */
function ownSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Memory and processor time of another process; null where /proc does not tell, or it is gone. */
async function readProcess(pid: number): Promise<{ pid: number; memory: number; seconds: number } | null> {
  try {
    const [status, stat] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ])
    const memory = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
    // The name in brackets may hold anything; user and system time are fields 14 and 15 of the line.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid, memory, seconds: (Number(fields[11]) + Number(fields[12])) / TICKS }
  } catch {
    return null
  }
}

/** What programs can have without swapping: on Linux caches count as free, which `freemem` of older Nodes leaves out. */
export async function availableMemory(): Promise<number> {
  try {
    const text = await readFile('/proc/meminfo', 'utf8')
    const found = /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1]
    return found === undefined ? freemem() : Number(found) * 1024
  } catch {
    return freemem()
  }
}
