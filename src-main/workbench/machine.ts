import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { EngineReport } from '../engine/describe'
import { absentFiles } from '../engine/binding'
import { InputError } from '../errors'
import type { Installation } from '../installation'
import type { EventStream } from '../queue/event-stream'
import { startInstalling } from './engine-installation'
import type { EngineVariant, Installing, RunningInstallation } from './engine-installation'

export interface Examined {
  readonly report: EngineReport
  /** ISO 8601, UTC. */
  readonly at: string
}

export interface MachineOptions {
  readonly installation: Pick<Installation, 'examineEntry' | 'engineSetUp'>
  readonly events: EventStream
  /** A training takes the processor: numbers measured beside it would be wrong. */
  readonly isTraining: () => boolean
}

/** What this machine computes with, measured when somebody asks, and bringing what is missing. */
export class Machine {
  private examined: Promise<Examined> | null = null
  private installation: RunningInstallation | null = null

  constructor(private readonly options: MachineOptions) {}

  /** What `doctor` says; measured once, and again where `fresh`. */
  examine({ fresh = false } = {}): Promise<Examined> {
    if (fresh && this.options.isTraining()) {
      return Promise.reject(
        new InputError('runs are being trained, which would slow the measurement; pause them, or wait'),
      )
    }
    if (this.examined === null || fresh) {
      const examined = this.measure()
      this.examined = examined
      // The next one who asks tries again.
      examined.catch(() => (this.examined = null))
    }
    return this.examined
  }

  /** Whether TensorFlow is installed; without it, training is many times slower, and some trunks cannot be trained. */
  get hasEngine(): boolean {
    return absentFiles().length === 0
  }

  /** What an installation has said so far; null: none was asked for. */
  get installing(): Installing | null {
    return this.installation?.state() ?? null
  }

  /**
   * Brings the tensor engine, as set-up does; what trains next uses it.
   * @throws {InputError} where this is not to be had here, or an installation is at work
   */
  install(variant: EngineVariant): void {
    if (this.installing?.state === 'running') throw new InputError('an installation is at work already')
    const program = this.options.installation.engineSetUp
    if (!existsSync(program)) {
      throw new InputError(
        `this copy of Fairsweep brings no set-up (${program}); train on a machine with a checkout of it`,
      )
    }
    const changed = (): void => this.options.events.emit({ type: 'settings-changed' })
    this.installation = startInstalling(
      program,
      variant,
      () => {
        this.examined = null
        changed()
      },
      changed,
    )
    changed()
  }

  /** What was brought so far is kept; the same installation goes on from there. */
  async stopInstalling(): Promise<void> {
    await this.installation?.stop()
  }

  private measure(): Promise<Examined> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(this.options.installation.examineEntry)
      worker.once('message', (report: EngineReport) => {
        resolve({ report, at: new Date().toISOString() })
        void worker.terminate()
      })
      worker.once('error', reject)
      worker.once('exit', (code) => reject(new Error(`the examination ended with code ${code}`)))
    })
  }
}
