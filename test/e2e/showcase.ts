import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startHttpDoor } from '../../src-main/api/http'
import { installation } from '../../src-main/installation'
import { openLibrary } from '../../src-main/library/library'
import type { Library } from '../../src-main/library/library'
import type { OpenChannel } from '../../src-main/queue/channel'
import { openStore } from '../../src-main/store/store'
import type { Store } from '../../src-main/store/store'
import { planStudy } from '../../src-main/study/plan'
import type { Sources } from '../../src-main/study/plan'
import { readStudy } from '../../src-main/study/read'
import type { Plan, PlannedRun } from '../../src-main/study/study'
import { openWorkbench } from '../../src-main/workbench'
import type { Workbench } from '../../src-main/workbench'
import { ENVIRONMENT, syntheticRun, syntheticWorker } from './synthetic'

/** A browser that talks to nobody but us; containers have no user namespaces for its sandbox. */
export const CHROMIUM_ARGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A workspace served over HTTP, as a browser sees it. */
export interface Showcase {
  readonly workbench: Workbench
  /** A fresh one-time link. */
  link(): string
  close(): Promise<void>
}

export interface ShowcaseOptions {
  readonly renderer: string
  /** Given the library too, for studies whose runs Design is to know again: their keys hold the hashes of files. */
  readonly fill?: (store: Store, library: Library) => Promise<void>
  readonly openWorker?: OpenChannel
}

/** Opens a fresh workspace, fills it through the store, and serves it. */
export async function openShowcase({
  renderer,
  fill,
  openWorker = syntheticWorker(8, 200),
}: ShowcaseOptions): Promise<Showcase> {
  const workspace = mkdtempSync(join(tmpdir(), 'fairsweep-showcase-'))
  if (fill !== undefined) {
    const store = openStore(join(workspace, 'history.db'))
    await fill(store, await openLibrary({ workspace, installation }))
    store.close()
  }
  const workbench = await openWorkbench({ workspace, access: 'owner', what: 'a showcase', openWorker })
  const door = await startHttpDoor(workbench, { renderer })
  return {
    workbench,
    link: () => door.launchUrl(),
    async close() {
      await door.close()
      await workbench.close()
      rmSync(workspace, { recursive: true, force: true })
    },
  }
}

export const SYNTHETIC_STUDY = `# Synthetic curves, for pictures only.
name: synthetic-mnist
task: {kind: mnist, patch: 7}
model: minilm-l6
settings: [frozen-pretrained, frozen-random, unfrozen-pretrained, unfrozen-random]
learning_rates: {from: 1e-6, to: 1e-2, per_decade: 2}
seeds: [0, 1, 2]
training: {max_steps: 2000}
validation: {every: 100}
`

const PARTS = ['layer_norm', 'input', 'positions'] as const

/** Thirty settings of the user's own: too many for one look at all their pairs. */
export const MANY_SETTINGS_STUDY = SYNTHETIC_STUDY.replace('synthetic-mnist', 'synthetic-masks')
  // Otherwise trained than the others, whose runs it would share.
  .replace('max_steps: 2000', 'max_steps: 1500')
  .replace(
    /settings: .*/,
    `settings:\n${['pretrained', 'random', 'statistics']
      .flatMap((init) => [
        ...Array.from({ length: 8 }, (_, bits) => {
          const more = PARTS.filter((_part, i) => bits & (1 << i))
          return `  - {name: ${init}-output${more.map((part) => `-${part}`).join('')}, init: ${init}, train: [${['output', ...more].join(', ')}]}`
        }),
        ...[1, 2].map(
          (layers) =>
            `  - {name: ${init}-last-${layers}, init: ${init}, train: [output, input, last_layers: ${layers}]}`,
        ),
      ])
      .join('\n')}`,
  )

/** Data and weights that exist only by name. */
const NOWHERE: Sources = {
  task: ({ kind, options }) =>
    Promise.resolve({
      identity: { kind, options, data: {} },
      source: { kind, options, files: {} },
      facts: { input: { tokens: 16 } },
    }),
  model: ({ name }) =>
    Promise.resolve({
      identity: { source: 'random', type: name, shape: {} },
      source: { source: 'random', type: 'gpt2', shape: { layers: 2, width: 64, heads: 4 } },
      facts: { positions: 1024, layers: 2 },
    }),
  checkOptions: () => Promise.resolve(),
  startFrom: () => Promise.resolve('0'.repeat(64)),
}

/** The plan of a study whose data and weights need not exist, unless it is asked with those that do. */
export const planSynthetic = (text: string, sources = NOWHERE): Promise<Plan> =>
  planStudy(readStudy(text), text, sources)

/** What becomes of a planned run: trained to its end, or left as it is. */
export type Fate = 'train' | 'leave' | 'fail' | 'cancel' | 'pause'

/** Saves a study and gives its runs synthetic histories. */
export async function fillStudy(
  store: Store,
  text: string,
  fateOf: (run: PlannedRun) => Fate = () => 'train',
  sources = NOWHERE,
): Promise<void> {
  const plan = await planSynthetic(text, sources)
  store.saveStudy(plan)
  for (const run of plan.runs) {
    const fate = fateOf(run)
    const id = run.key.slice(0, 12)
    if (fate === 'leave') continue
    const until = fate === 'train' ? undefined : Math.round(0.4 * run.config.training.max_steps)
    const { chunks, outcome } = syntheticRun(run.config, until)
    store.begin(id, {
      fromStep: 0,
      parametersTrained: 52_000,
      parametersTotal: 330_000,
      stepFlops: 2_100_000_000,
      environment: ENVIRONMENT,
    })
    store.append(id, chunks)
    store.end(id, fate === 'train' || outcome.state === 'diverged' ? outcome : { ...outcome, ...ENDS[fate] })
  }
}

const ENDS = {
  fail: { state: 'failed', bestStep: null, summary: {}, reason: 'the worker died of SIGKILL: out of memory' },
  cancel: { state: 'cancelled', bestStep: null, summary: {}, reason: 'cancelled by the user' },
  pause: { state: 'paused', bestStep: null, summary: {}, reason: null },
} as const
