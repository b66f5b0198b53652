import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { installation } from '../../src-main/installation'
import { openLibrary } from '../../src-main/library/library'
import { countRuns } from '../../src-main/study/arms'
import { PAPER_MAX_STEPS } from '../../src-main/study/defaults'
import { planStudy } from '../../src-main/study/plan'
import { readStudyFile } from '../../src-main/study/read'
import { paperSources } from './sources'

/** Those that the Design place offers; `cells/` has one for each task and trunk. */
const files = readdirSync(installation.studies).filter((file) => file.endsWith('.yaml'))

describe('the ready-made studies', () => {
  it.each(files)('%s is right, and named as its file', async (file) => {
    const { study, text } = await readStudyFile(join(installation.studies, file))
    expect(`${study.name}.yaml`).toBe(file)
    expect(text).toMatch(/^# \S/)
  })

  it('hold the demo: four settings, four rates and two seeds on small fixed subsets', async () => {
    const { study } = await readStudyFile(join(installation.studies, 'demo.yaml'))
    expect(countRuns(study)).toBe(32)
    expect(study.learning_rates).toEqual([1e-5, 1e-4, 1e-3, 1e-2])
    expect(study).toMatchObject({ validation: { examples: 400 }, test: { examples: 1000 } })
    expect(study.tasks[0]).toMatchObject({ kind: 'mnist', options: { patch: 7 } })
  })

  it("hold the whole of the paper's Table 1: 240 runs, each task with its own most steps", async () => {
    const { study, text } = await readStudyFile(join(installation.studies, 'paper-table1.yaml'))
    const { runs } = await planStudy(study, text, paperSources)
    expect(runs).toHaveLength(4 * 4 * 5 * 3)
    expect(new Set(runs.map(({ key }) => key)).size).toBe(240)
    const steps = new Map(runs.map(({ task, config }) => [task, config.training.max_steps]))
    expect(Object.fromEntries(steps)).toEqual(PAPER_MAX_STEPS)
    expect(runs[0]?.config).toMatchObject({
      seed: 0,
      training: { batch_size: 8, dropout: 0.1, grad_clip: 1 },
    })
  })

  it("say what to bring where Table 1's weights and data are missing", async () => {
    const file = join(installation.studies, 'paper-table1.yaml')
    const workspace = await mkdtemp(join(tmpdir(), 'fairsweep-table1-'))
    onTestFinished(() => rm(workspace, { recursive: true }))
    const library = await openLibrary({ workspace, installation })
    const { study, text } = await readStudyFile(file)
    const planned = planStudy(study, text, library, file)
    const refusal = await planned.then(() => '').catch((error: unknown) => (error as Error).message)
    expect(refusal.split('\n')).toEqual([
      expect.stringMatching(
        /paper-table1\.yaml:16: task\.2: CIFAR-10 is not here; `data add cifar10 --download`/,
      ),
      expect.stringMatching(
        /paper-table1\.yaml:17: task\.3: CIFAR-10 is not here; `data add cifar10 --download`/,
      ),
      expect.stringMatching(
        /paper-table1\.yaml:18: model: no model "gpt2" is installed; `models add openai-community\/gpt2`/,
      ),
    ])
  })
})
