import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { DEFAULTS } from '../../src-main/study/defaults'
import { planStudy } from '../../src-main/study/plan'
import { readStudy } from '../../src-main/study/read'
import { runStudy } from '../../src-main/study/run-study'
import type { RunPlaces } from '../../src-main/study/run-study'
import type { PlannedRun, Study } from '../../src-main/study/study'
import { paperSources } from './sources'
import { studyFileArbitrary } from './study-arbitrary'

const plan = (text: string) => planStudy(readStudy(text), text, paperSources)

/** The study file of one planned run, its files where the study found them. */
function again(run: PlannedRun, study: Study): string {
  const task = study.tasks.find(({ name }) => name === run.task)!
  const { dir } = task.options
  const { modelSource: model, startFrom } = run
  const places: RunPlaces = {
    ...(dir === undefined ? {} : { data: { option: 'dir', path: String(dir) } }),
    ...(model.source === 'directory' && !model.path.startsWith('/models/')
      ? { model: { path: model.path } }
      : {}),
    ...(startFrom === null ? {} : { startFrom }),
  }
  return runStudy('again', { ...run, selection: study.selection }, places)
}

describe('the study of a run', () => {
  it('plans that run alone, under the same key, whatever study it is from', async () => {
    await fc.assert(
      fc.asyncProperty(studyFileArbitrary, fc.nat(), async (file, at) => {
        const text = stringify(file)
        let study: Study
        try {
          study = readStudy(text)
        } catch {
          return fc.pre(false)
        }
        const { runs } = await planStudy(study, text, paperSources)
        const run = runs[at % runs.length]!
        const { runs: planned, study: alone } = await plan(again(run, study))
        expect(planned.map(({ key }) => key)).toEqual([run.key])
        expect(planned[0]).toMatchObject({ task: run.task, model: run.model, setting: run.setting })
        expect(alone.selection).toEqual(study.selection)
      }),
      { numRuns: 30 },
    )
  })

  it('keeps random trunks, first values, precision and every later option', async () => {
    const { runs, study } = await plan(
      `name: s
task: {kind: listops, max_length: 700, padding: attended}
model: {kind: gpt2, layers: 2, width: 32, heads: 4, positions: 900}
settings: [{name: mine, init: random, train: [output, {last_layers: 1}, input]}]
learning_rates: [3.16e-4]
seeds: [7]
training: {optimizer: sgd, momentum: 0.9, weight_decay: 0.01, schedule: cosine, warmup_steps: 10, label_smoothing: 0.1, accumulate_steps: 4}
execution: {precision: bf16}
start_from: /first/values.safetensors
overrides: [{task: listops, training: {max_steps: 12}}]
`,
    )
    const [run] = runs
    const text = again(run!, study)
    const { runs: planned } = await plan(text)
    expect(planned.map(({ key }) => key)).toEqual([run!.key])
    expect(planned[0]?.config).toEqual(run!.config)
    expect(text).toContain('{last_layers: 1}')
    expect(text).toContain('max_steps: 12')
  })

  it('trains a run again as it was where an option has another default by now', async () => {
    const { runs, study } = await plan('name: s\ntask: {kind: remote-homology, batches: mixed}\nmodel: m\n')
    const text = again(runs[0]!, study)
    expect(text).toContain('batches: mixed')
    expect((await plan(text)).runs.map(({ key }) => key)).toEqual([runs[0]!.key])
  })

  it('writes a setting out that has a named one’s name and is another', async () => {
    const { runs, study } = await plan(
      'name: s\ntask: mnist\nmodel: minilm-l6\nsettings: [frozen-random]\nseeds: [0]\n',
    )
    const [run] = runs
    const setting = { ...run!.config.setting, train: ['output'] as const }
    const text = again({ ...run!, config: { ...run!.config, setting } }, study)
    expect(text).toContain('settings: [{name: frozen-random, init: random, train: [output]}]')
    expect(again(run!, study)).toContain('settings: [frozen-random]')
    expect(text).toContain(`max_steps: ${DEFAULTS.training.max_steps}`)
  })
})
