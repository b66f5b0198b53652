import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'

export const ENGINE_VARIANTS = ['cpu', 'cuda'] as const
export type EngineVariant = (typeof ENGINE_VARIANTS)[number]

/** How far the installation of the tensor engine is. */
export interface Installing {
  readonly variant: EngineVariant
  readonly state: 'running' | 'done' | 'failed' | 'stopped'
  /** What is being done: "bringing TensorFlow 2.21.0 (for the CPU, 274 MB)". */
  readonly step: string
  /** Of the step's download, in megabytes; total null where it is not known. */
  readonly fetched: { readonly what: string; readonly done: number; readonly total: number | null } | null
  /** Steps that are done, warnings, and why it failed. */
  readonly lines: readonly string[]
}

export interface RunningInstallation {
  state(): Installing
  stop(): Promise<void>
}

/** What scripts/install-engine.js says, a line each. */
const spoken = z.discriminatedUnion('type', [
  z.object({ type: z.literal('step'), title: z.string() }),
  z.object({ type: z.literal('fetched'), what: z.string(), done: z.number(), total: z.number().nullable() }),
  z.object({ type: z.literal('line'), text: z.string() }),
])

/** Told so often of a download's progress. */
const TELL_EVERY_MS = 500
const MOST_LINES = 200

/** Electron is no Node for scripts: there, the one on the path does it. */
const nodeProgram = (): string => ('electron' in process.versions ? 'node' : process.execPath)

/**
 * Runs set-up's engine steps in a process group of their own, so that stopping it ends its downloads and compilers too.
 * @param ended called once, whatever became of it
 */
export function startInstalling(
  program: string,
  variant: EngineVariant,
  ended: () => void,
  changed: () => void,
  node = nodeProgram(),
): RunningInstallation {
  let now: Installing = { variant, state: 'running', step: 'looking what is here', fetched: null, lines: [] }
  let toldAt = 0
  const set = (change: Partial<Installing>): void => void (now = { ...now, ...change })
  const say = (text: string): void => set({ lines: [...now.lines, text].slice(-MOST_LINES) })

  const child = spawn(node, [program, variant], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const parsed = spoken.safeParse(asJson(line))
    if (!parsed.success) return
    const said = parsed.data
    if (said.type === 'step') set({ step: said.title, fetched: null })
    else if (said.type === 'line') say(said.text)
    else {
      set({ fetched: { what: said.what, done: said.done, total: said.total } })
      if (Date.now() - toldAt < TELL_EVERY_MS) return
    }
    toldAt = Date.now()
    changed()
  })
  createInterface({ input: child.stderr }).on('line', say)
  const gone = new Promise<void>((resolve) => {
    const end = (state: Installing['state']): void => {
      if (now.state === 'running') set({ state, fetched: null })
      ended()
      resolve()
    }
    child.once('error', (error) => {
      say(
        `Node cannot be started (${error.message}); Fairsweep needs Node 20.19 or later on the path for this`,
      )
      end('failed')
    })
    child.once('close', (code) => end(code === 0 ? 'done' : 'failed'))
  })
  return {
    state: () => now,
    async stop() {
      if (now.state !== 'running' || child.pid === undefined) return
      set({ state: 'stopped' })
      process.kill(-child.pid, 'SIGTERM')
      await gone
    },
  }
}

function asJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
