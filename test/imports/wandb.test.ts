import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readImport } from '../../src-main/imports/read-import'
import { EXPECTED, FIXTURES, lossOf, pointsOf, validationOf } from './expected'
import { inShort, refusal, scratch } from './files'

const { file } = scratch()
const offline = (): Buffer => readFileSync(join(FIXTURES, 'wandb/run-0.wandb'))

describe('offline files of W&B', () => {
  it('that its own package wrote give history, configuration and summary', async () => {
    const read = await readImport([join(FIXTURES, 'wandb')])
    expect(read.runs).toHaveLength(2)
    for (const run of [EXPECTED[0]!, EXPECTED[7]!]) {
      expect(pointsOf(read, run, 'train/loss')).toEqual(lossOf(run))
      expect(pointsOf(read, run, 'val/accuracy')).toEqual(validationOf(run))
      const imported = read.runs.find(({ setting }) => setting === run.setting)
      expect(imported?.summary).toEqual({ 'val/accuracy': run.validation.at(-1), 'test/accuracy': run.test })
      expect(imported).toMatchObject({
        state: 'finished',
        steps: 40,
        startedAt: expect.stringMatching(/^20\d\d-/) as string,
        config: { imported: { from: 'wandb', run: expect.stringMatching(/^[a-z0-9]{8,12}$/) as string } },
      })
    }
    expect(read.unmapped.fields).toEqual(['config.optim.name', 'summary.test/accuracy'].slice(0, 1))
  })

  it('cut off anywhere give what came before, and say that the run did not end', async () => {
    for (const bytes of [3000, 7000, 12_000]) {
      const read = await readImport([file('run.wandb', offline().subarray(0, bytes))])
      expect(read.runs).toMatchObject([{ state: 'cancelled', reason: 'was unfinished when it was imported' }])
      expect(read.runs[0]!.points[0]!.steps.length).toBeLessThan(40)
    }
    const torn = await readImport([file('run.wandb', offline().subarray(0, 7001))])
    expect(torn.remarks.join()).toContain('the last record is torn in 1 files: run.wandb')
  })

  it('with a flipped bit are refused with the place', async () => {
    for (const at of [40, 5000, 9000]) {
      const bytes = offline()
      bytes[at]! ^= 16
      expect(await refusal([file('run.wandb', bytes)])).toMatch(/^run\.wandb: byte \d+: a record/)
    }
  })

  it('that are something else are refused', async () => {
    expect(await refusal([file('run.wandb', ':W&B')])).toBe('run.wandb: is no offline file of W&B')
    expect(await refusal([file('run.wandb', '')])).toBe('run.wandb: is no offline file of W&B')
  })
})

describe('a history as JSON lines', () => {
  const mapping = (): string => file('m.yaml', 'name: "{setting}_{learning_rate}"')

  it('is a run, a step a line', async () => {
    const path = file(
      'frozen_1e-3.jsonl',
      '{"_step": 0, "_timestamp": 1700000000.5, "val/acc": 0.5, "loss": NaN}\n{"_step": 10, "val/acc": 0.75, "note": "x", "nested": {"a": 1}}\n\n',
    )
    const read = await readImport([path], { mapping: mapping() })
    expect(inShort(read)).toEqual(['unknown unknown frozen 0.001 0 diverged '])
    expect(Array.from(read.runs[0]!.points.find(({ metric }) => metric === 'val/accuracy')!.values)).toEqual([
      0.5, 0.75,
    ])
    expect(read.runs[0]!.points[0]!.times[0]).toBe(1700000000500)
  })

  it.each([
    ['{"_step": 1}\n[1]\n', 'x_1.jsonl:2: found no object'],
    ['{"_step": 1}\n{"a"\n', 'x_1.jsonl:2: is not JSON'],
    ['{"_step": -1, "val_loss": 1}\n', 'found the step -1'],
  ])('%# is refused', async (text, message) => {
    expect(await refusal([file('x_1.jsonl', text)], mapping())).toContain(message)
  })
})
