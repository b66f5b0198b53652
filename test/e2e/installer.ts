import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineReport } from '../../src-main/engine/describe'
import { installation } from '../../src-main/installation'

/** A machine whose tensor engine is not there, and its installation played instead of done: for tests and pictures. */

export const WITHOUT_ENGINE: EngineReport = {
  engine: {
    name: 'wasm',
    device: 'CPU (a test)',
    versions: { tfjs: '4.22.0' },
    threads: 2,
    warning: 'TensorFlow is not here.',
  },
  devices: [{ kind: 'cpu', name: 'a test', detail: '2 threads, 8 GiB' }],
  gflops: 21.4,
  cache: { folder: '/cache', parts: [{ name: 'models', bytes: 91_000_000 }] },
  missing: [{ what: 'TensorFlow is not here.', todo: 'run: npm run setup' }],
}

export const WITH_ENGINE: EngineReport = {
  ...WITHOUT_ENGINE,
  engine: { ...WITHOUT_ENGINE.engine, name: 'tensorflow', warning: null },
  missing: [],
}

const says = (said: object): string => `console.log(${JSON.stringify(JSON.stringify(said))})`

/** Installers that fetch nothing: half-way for ever, one that finds no compiler, one that succeeds at once. */
const INSTALLERS = {
  halfway: [
    says({ type: 'step', title: 'bringing TensorFlow 2.21.0' }),
    says({ type: 'fetched', what: 'tensorflow', done: 137, total: 274 }),
    'setInterval(() => {}, 1000)',
  ],
  failing: [
    says({ type: 'line', text: 'looking for a C++ compiler' }),
    "console.error('no C++ compiler: apt-get install g++'); process.exitCode = 1",
  ],
  quick: [says({ type: 'line', text: 'done in 2.0 s' })],
} as const

export interface PlayedInstaller {
  /** What the next installation does. */
  next(how: keyof typeof INSTALLERS): void
  /** Set-up's own door again. */
  end(): void
}

/** Puts a program in the place of set-up's own door. */
export function playInstaller(): PlayedInstaller {
  const own = installation.engineSetUp
  const root = mkdtempSync(join(tmpdir(), 'fairsweep-installer-'))
  const engineSetUp = join(root, 'install-engine.js')
  Object.assign(installation, { engineSetUp })
  return {
    next: (how) => writeFileSync(engineSetUp, INSTALLERS[how].join('\n')),
    end() {
      Object.assign(installation, { engineSetUp: own })
      rmSync(root, { recursive: true, force: true })
    },
  }
}
