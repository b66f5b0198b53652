import { describe, expect, test } from 'vitest'
import { exportOf, readExportFile } from '../../src-renderer/export-file'

const RUN = {
  id: '0a64872f5cd4',
  ...{ task: 'mnist', model: 'minilm-l6', setting: 'frozen-random', state: 'finished' },
  ...{ learning_rate: 1e-3, seed: 0, metrics: {}, config: {}, series: { 'train/loss': [[1, 2]] } },
}
const EXPORT = { study: 'mine', protocol: {}, runs: [RUN, { ...RUN, id: 'ffff872f5cd4' }] }
const file = (value: unknown, name = 'mine.json'): File =>
  new File([typeof value === 'string' ? value : JSON.stringify(value)], name)

describe('a file that a page is given', () => {
  test('is an export by what it holds, and otherwise another file', async () => {
    const read = await readExportFile(file(EXPORT))
    expect(read).toMatchObject({ name: 'mine.json', document: { study: 'mine' } })
    for (const other of [
      file(EXPORT, 'mine.yaml'),
      file('{"study": "cut off'),
      file({ log_history: [], global_step: 3 }),
      file({ ...EXPORT, runs: {} }),
      file({ ...EXPORT, runs: [{ ...RUN, state: 'well' }] }),
      file([EXPORT]),
    ])
      expect(await readExportFile(other)).toBeNull()
  })

  test('is too large for a page from 400 MB on, and is not even read', async () => {
    const huge = Object.defineProperty(file(EXPORT), 'size', { value: 500_000_000 })
    await expect(readExportFile(huge)).rejects.toThrow('mine.json has 500 MB, and a page reads at most 400')
  })

  test('is asked about with one run and without its points', async () => {
    const { document } = (await readExportFile(file(EXPORT)))!
    const { series, ...alone } = RUN
    expect(series).toBeDefined()
    expect(exportOf(document, document.runs[0]!)).toEqual({ ...EXPORT, runs: [alone] })
  })
})
