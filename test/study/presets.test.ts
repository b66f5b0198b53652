import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { installation } from '../../src-main/installation'
import { countRuns } from '../../src-main/study/arms'
import { readStudyFile } from '../../src-main/study/read'

const files = readdirSync(installation.studies)

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
    expect(study).toMatchObject({ validation: { examples: 500 }, test: { examples: 2000 } })
    expect(study.tasks[0]).toMatchObject({ kind: 'mnist', options: { patch: 7 } })
  })
})
