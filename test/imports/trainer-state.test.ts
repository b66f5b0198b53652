import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parsePythonJson } from '../../src-main/imports/python-json'
import { readImport } from '../../src-main/imports/read-import'
import { EXPECTED, FIXTURES, lossOf, pointsOf, validationOf } from './expected'
import { refusal, scratch } from './files'

const { file, folder } = scratch()
const TEMPLATE = 'name: "{setting}-lr{learning_rate}-s{seed}"\n'

describe('trainer_state.json', () => {
  it('that the Trainer wrote gives a run for each folder, of its latest checkpoint', async () => {
    const read = await readImport([join(FIXTURES, 'trainer')], { mapping: file('m.yaml', TEMPLATE) })
    expect(read.runs).toHaveLength(4)
    for (const run of [...EXPECTED.slice(0, 2), ...EXPECTED.slice(4, 6)]) {
      expect(pointsOf(read, run, 'val/accuracy')).toEqual(validationOf(run))
      expect(pointsOf(read, run, 'train/loss')).toEqual(lossOf(run).filter(([step]) => step % 5 === 0))
      expect(pointsOf(read, run, 'val/loss')[0]).toEqual([10, NaN])
    }
    expect(read.mapping.metrics).toEqual({
      'train/loss': 'loss',
      'train/grad_norm': 'grad_norm',
      'val/loss': 'eval_loss',
      'val/accuracy': 'eval_accuracy',
    })
    expect(read.unmapped.metrics).toEqual(['eval_runtime', 'train_loss', 'train_runtime'])
    expect(read.runs[0]).toMatchObject({ state: 'finished', steps: 40, bestStep: 40 })
    expect(read.remarks.slice(0, 2)).toEqual([
      '8 earlier checkpoints of the same runs are left aside',
      expect.stringContaining('4 runs logged a learning rate that follows a schedule'),
    ])
  })

  it('of one checkpoint is named after the folder around it', async () => {
    const path = join(FIXTURES, 'trainer/frozen-pretrained-lr0.0001-s0/checkpoint-20/trainer_state.json')
    const mapping = file('m.yaml', TEMPLATE)
    for (const named of [path, join(path, '..'), join(path, '../..')]) {
      const { runs } = await readImport([named], { mapping })
      expect(runs).toMatchObject([{ setting: 'frozen-pretrained', config: { learning_rate: 1e-4, seed: 0 } }])
    }
  })

  it('without the learning rate that was set says how to give it', async () => {
    expect(await refusal([join(FIXTURES, 'trainer')])).toContain(
      'learning_rate: found none, expected one in every run',
    )
  })

  it.each([
    ['finished', { global_step: 10, max_steps: 10 }],
    [
      'early-stopped',
      {
        global_step: 5,
        max_steps: 10,
        stateful_callbacks: {
          EarlyStoppingCallback: {},
          TrainerControl: { args: { should_training_stop: true } },
        },
      },
    ],
    [
      'cancelled',
      {
        global_step: 5,
        max_steps: 10,
        stateful_callbacks: { TrainerControl: { args: { should_training_stop: false } } },
      },
    ],
    ['finished', { global_step: 5, max_steps: 10, stateful_callbacks: {} }],
  ])('says that a run is %s', async (expected, state) => {
    const log_history = [{ step: 5, eval_accuracy: 0.5, learning_rate: 1e-3 }]
    const read = await readImport([file('trainer_state.json', JSON.stringify({ ...state, log_history }))])
    expect(read.runs).toMatchObject([{ state: expected, config: { learning_rate: 1e-3 } }])
  })

  it.each([
    ['[]', 'is no state of a Trainer'],
    ['{"log_history": [], "global_step": "x"}', 'global_step: is no state of a Trainer'],
    ['{"log_history": [{"loss": 1}], "global_step": 1}', 'log_history.0.step: found no step'],
    ['{"log_history": [', 'trainer_state.json: is not JSON'],
    ['['.repeat(200_000), 'trainer_state.json: is not JSON'],
    [
      '{"log_history": [{"step": 0.5, "eval_loss": 1, "learning_rate": 1}], "global_step": 1}',
      'found the step 0.5',
    ],
  ])('%#: is refused', async (text, message) => {
    expect(await refusal([file('trainer_state.json', text)])).toContain(message)
  })

  it('takes nothing from names that objects inherit', async () => {
    const row =
      '{"step": 1, "__proto__": {"eval_loss": 1}, "constructor": 2, "eval_loss": 0.5, "learning_rate": 1e-3}'
    const read = await readImport([file('trainer_state.json', `{"log_history": [${row}], "global_step": 1}`)])
    expect(read.runs[0]?.summary).toEqual({ 'val/loss': 0.5 })
    expect(read.unmapped.metrics).toEqual(['constructor'])
    expect(({} as Record<string, unknown>)['eval_loss']).toBeUndefined()
  })

  it('is found in folders with other things in them', async () => {
    mkdirSync(join(folder(), 'out/frozen-lr1e-3-s4'), { recursive: true })
    for (const other of ['training_args.bin', 'optimizer.pt', 'config.json'])
      writeFileSync(join(folder(), 'out', other), 'x')
    const state = { global_step: 1, log_history: [{ step: 1, eval_loss: 2 }] }
    writeFileSync(join(folder(), 'out/frozen-lr1e-3-s4/trainer_state.json'), JSON.stringify(state))
    const read = await readImport([join(folder(), 'out')], { mapping: file('m.yaml', TEMPLATE) })
    expect(read.runs).toMatchObject([{ setting: 'frozen', config: { seed: 4 } }])
  })
})

it('JSON of Python keeps NaN and infinity apart from text that says so', () => {
  const text = '{"a": NaN, "b": [-Infinity, Infinity, 1e999], "c": "NaN \\"Infinity", "NaN": 1}'
  expect(parsePythonJson(text, { file: 'x' })).toEqual({
    a: 'NaN',
    b: ['-Infinity', 'Infinity', Infinity],
    c: 'NaN "Infinity',
    NaN: 1,
  })
})
