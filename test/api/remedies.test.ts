import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCaller } from '../../src-main/api/router'
import { openWorkbench } from '../../src-main/workbench'
import type { Workbench } from '../../src-main/workbench'
import { syntheticWorker } from '../e2e/synthetic'
import { writeTinyImages } from '../e2e/tiny-study'

/** Changes of a study's file, planned against real data; nothing of it is trained. */
describe('a remedy', () => {
  let folder: string
  let workbench: Workbench
  let call: ReturnType<typeof createCaller>
  let text: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairsweep-remedies-'))
    writeTinyImages(join(folder, 'images'), { train: 60, test: 20 })
    workbench = await openWorkbench({
      workspace: join(folder, 'workspace'),
      access: 'owner',
      openWorker: syntheticWorker(1, 60_000),
    })
    call = createCaller({ workbench })
    text = `# why
name: tiny
task: {kind: idx-images, dir: ${join(folder, 'images')}, patch: 4}
model: {kind: gpt2, layers: 1, width: 16, heads: 2}
settings: [frozen-random, unfrozen-random]
learning_rates: [1e-4, 1e-3, 1e-2] # the grid
seeds: [0, 1]
training: {max_steps: 40}
validation: {every: 10}
`
    await workbench.startStudy(await workbench.checkStudy(text))
  })
  afterAll(async () => {
    await workbench.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('is shown as the change of the file and the runs that it adds, and changes nothing yet', async () => {
    const seen = await call.remedies.preview({ name: 'tiny', patch: { seeds: [0, 1, 2] } })
    expect(seen).toMatchObject({ before: text, adds: 6, known: 0, requeues: 0, drops: 0, problems: [] })
    expect(seen.after).toBe(text.replace('[0, 1]', '[0, 1, 2]'))
    expect(seen.afterTest).toBe(false)
    expect(workbench.store.study('tiny')?.text).toBe(text)
  })

  test('that changes the protocol takes the runs of the old one out of the plan', async () => {
    const seen = await call.remedies.preview({ name: 'tiny', patch: { training: { max_steps: 80 } } })
    expect(seen).toMatchObject({ adds: 12, drops: 12 })
  })

  test('that cannot be planned says why, in place of numbers', async () => {
    const seen = await call.remedies.preview({ name: 'tiny', patch: { learning_rates: [1e-3, 1e-3] } })
    expect(seen).toMatchObject({ adds: 0, drops: 0 })
    expect(seen.problems[0]?.message).toContain('1e-3')
  })

  test('of nothing queues again what was cancelled', async () => {
    const [run] = workbench.store.runs({ study: 'tiny', states: ['queued'] })
    if (run === undefined) throw new Error('nothing is queued')
    await workbench.cancelRun(run.id)
    expect(await call.remedies.preview({ name: 'tiny', patch: {} })).toMatchObject({ adds: 0, requeues: 1 })
    await call.remedies.accept({ name: 'tiny', patch: {}, before: text })
    expect(workbench.store.run(run.id)?.state).not.toBe('cancelled')
  })

  test('is saved and queued, unless the file changed since it was looked at', async () => {
    const patch = { learning_rates: [1e-5, 1e-4, 1e-3, 1e-2] }
    const { before, after, adds } = await call.remedies.preview({ name: 'tiny', patch })
    expect(adds).toBe(4)
    await call.remedies.accept({ name: 'tiny', patch, before })
    const record = workbench.store.study('tiny')
    expect(record?.text).toBe(after)
    expect(record?.text).toContain('# the grid')
    expect(workbench.store.runs({ study: 'tiny' }).filter(({ inPlan }) => inPlan)).toHaveLength(16)
    await expect(call.remedies.accept({ name: 'tiny', patch, before })).rejects.toThrow('has changed since')
  })

  test('for a study that is not there is refused in words', async () => {
    await expect(call.remedies.preview({ name: 'nobody', patch: {} })).rejects.toThrow("no study 'nobody'")
  })
})
