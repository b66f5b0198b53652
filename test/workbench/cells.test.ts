import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installation } from '../../src-main/installation'
import { channelsTo } from '../../src-main/queue/channel'
import { isComplete } from '../../src-main/run'
import { MODEL_KINDS, TASK_KINDS } from '../../src-main/study/kinds'
import { readStudyFile } from '../../src-main/study/read'
import { patchStudy } from '../../src-main/study/write'
import { encodeSafetensors, type NamedTensor } from '../../src-main/tensor-files/safetensors'
import { openWorkbench } from '../../src-main/workbench'
import type { Workbench } from '../../src-main/workbench'
import { builtWorker } from '../built'
import { writeTinyImages } from '../e2e/tiny-study'
import { writeTinyCifar } from '../tasks/tiny-cifar'

/**
 * One study for each task and trunk, trained for a few steps by the built worker: small sizes, data and models in their
 * real formats. What the files say of sizes and steps is what a user trains; here it is cut down.
 */
const CELLS = join(installation.studies, 'cells')
const files = readdirSync(CELLS)

const parity = (name: string): string => join(import.meta.dirname, '../parity', name)

let folder: string
let workbench: Workbench

/** Task options that make a task small; data of a real format are written below. */
const SMALL_TASKS: Readonly<Record<keyof typeof TASK_KINDS, object>> = {
  'bit-memory': { n: 8, patterns: 2, patch: 4 },
  'bit-xor': {},
  listops: {
    ...{ min_length: 8, max_length: 40, max_depth: 4, max_args: 3, positions_beyond: 'drawn' },
    ...{ train_examples: 40, validation_examples: 8, test_examples: 8 },
  },
  mnist: { patch: 14 },
  cifar10: { dir: 'cifar', patch: 16 },
  'cifar10-lra': { dir: 'cifar', positions_beyond: 'drawn' },
  'remote-homology': { dir: 'homology', positions_beyond: 'drawn' },
  'idx-images': { dir: 'images', patch: 4 },
  tensors: { path: 'data.safetensors', batches: 'by-length' },
}

/** Directories in Hugging Face's layout; an LSTM has none and is random. */
const SMALL_MODELS: Readonly<Record<keyof typeof MODEL_KINDS, object>> = {
  gpt2: { path: parity('tiny-gpt2') },
  bert: { path: parity('tiny-bert') },
  roberta: { path: parity('tiny-roberta') },
  vit: { path: parity('tiny-vit') },
  lstm: { kind: 'lstm', layers: 1, width: 8 },
  fpt_lnlstm: { kind: 'fpt_lnlstm', layers: 1, width: 8 },
}

/** Sequences of 1 to 3 vectors in three classes. */
const tinyArrays = (): NamedTensor[] => [
  { name: 'train_x', shape: [60, 3, 2], data: Float32Array.from({ length: 360 }, (_, i) => Math.sin(i)) },
  { name: 'train_y', shape: [60], data: Int32Array.from({ length: 60 }, (_, i) => i % 3) },
  { name: 'train_lengths', shape: [60], data: Int32Array.from({ length: 60 }, (_, i) => 1 + (i % 3)) },
]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-cells-'))
  writeTinyImages(join(folder, 'images'), { train: 40, test: 8 })
  writeTinyCifar(join(folder, 'cifar'))
  cpSync(join(import.meta.dirname, '../tasks/homology'), join(folder, 'homology'), { recursive: true })
  writeFileSync(join(folder, 'data.safetensors'), Buffer.concat([...encodeSafetensors(tinyArrays())]))
  workbench = await openWorkbench({
    workspace: join(folder, 'workspace'),
    access: 'owner',
    what: 'a test',
    openWorker: channelsTo(await builtWorker()),
  })
})
afterAll(async () => {
  await workbench.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the ready-made studies of one task and one trunk', () => {
  it('leave out no task and no trunk', () => {
    const all = Object.keys(TASK_KINDS).flatMap((task) =>
      Object.keys(MODEL_KINDS).map((model) => `${task}-${model}.yaml`),
    )
    expect([...files].sort()).toEqual(all.sort())
  })

  it.each(Object.keys(TASK_KINDS) as (keyof typeof TASK_KINDS)[])(
    'of %s train on every trunk',
    async (task) => {
      const trunks = Object.keys(MODEL_KINDS) as (keyof typeof MODEL_KINDS)[]
      const names = trunks.map((model) => `${task}-${model}`)
      // One after the other, by the same worker.
      for (const [i, name] of names.entries()) {
        const { study, text } = await readStudyFile(join(CELLS, `${name}.yaml`))
        expect(study).toMatchObject({ name, tasks: [{ kind: task }] })
        const isRandom = study.models[0]?.from === 'random'
        const small = patchStudy(text, {
          task: { kind: task, ...SMALL_TASKS[task] },
          model: SMALL_MODELS[trunks[i]!],
          settings: isRandom ? ['unfrozen-random'] : ['frozen-pretrained'],
          learning_rates: [1e-3],
          seeds: [0],
          training: { batch_size: 2, max_steps: 2 },
          validation: { examples: 2, every: 1 },
          test: { examples: 2 },
        })
        await workbench.startStudy(await workbench.checkStudy(small, join(folder, `${name}.yaml`)))
      }
      for (const name of names) {
        await workbench.idle(name)
        const runs = workbench.store.runs({ study: name })
        expect(runs.map(({ state, reason }) => [name, isComplete(state), reason])).toEqual([
          [name, true, null],
        ])
        expect(Number.isFinite(runs[0]?.summary['val/loss'])).toBe(true)
      }
    },
  )
})
