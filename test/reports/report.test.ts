import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { REPORT_FORMATS } from '../../src-main/reports/formats'
import { writeReport } from '../../src-main/reports/report'
import { reportTables } from '../../src-main/reports/tables'
import { ruleHash, runsHash } from '../../src-main/reports/report-source'
import { aSource, paperRuns, paperStudy } from './source'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'fairsweep-report-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const read = (file: string): string => readFileSync(join(folder, file), 'utf8')

describe('writeReport', () => {
  it('writes the formats and figures asked for and says where', async () => {
    const written = await writeReport(aSource(), join(folder, 'new'), {
      formats: ['md', 'csv'],
      figures: ['svg'],
    })
    expect(written).toEqual(
      [
        'rate-mnist-minilm-l6.svg',
        'test-rate-mnist-minilm-l6.svg',
        'ranking-mnist-minilm-l6.svg',
        'learning-curves-mnist-minilm-l6.svg',
        'runs-mnist-minilm-l6.svg',
        'budget-mnist-minilm-l6.svg',
        'report.md',
        'report.csv',
      ].map((file) => join(folder, 'new', file)),
    )
    expect(readdirSync(join(folder, 'new')).sort()).toEqual(
      written.map((path) => path.slice(folder.length + 5)).sort(),
    )
  })

  it('bolds the best mean and every setting that may be as good', async () => {
    await writeReport(aSource(), folder, { formats: ['md'], figures: [] })
    const table = read('report.md')
      .split('## Tables')[1]
      ?.split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(2, 6)
    expect(table?.map((line) => line.split('|')[2]?.trim())).toEqual([
      '55.0 ± 0.6†',
      '44.0 ± 0.6†',
      '**68.0 ± 0.6**',
      '**68.0 ± 1.7**',
    ])
  })

  it('says in its methods where training departs from the paper, in overrides too', async () => {
    const study = paperStudy({
      training: { ...paperStudy().training, dropout: 0 },
      overrides: [{ task: 'mnist', training: { batch_size: 16 } }],
    })
    await writeReport(aSource(paperRuns(study), { study }), folder, { formats: ['md'], figures: [] })
    expect(read('report.md')).toContain(
      'departs from the protocol of Rothermel et al. (2021) in dropout 0 (theirs: 0.1). For mnist with minilm-l6 training departs also in batch size 16 (theirs: 8).',
    )
  })

  it('says in its methods where rows of positions were drawn beyond the table', async () => {
    const sentence =
      "beyond it were drawn by each run's seed and trained by the settings that train positions"
    await writeReport(aSource(), folder, { formats: ['md'], figures: [] })
    expect(read('report.md')).not.toContain(sentence)
    const study = paperStudy({
      tasks: [{ name: 'mnist', kind: 'cifar10-lra', options: { positions_beyond: 'drawn' } }],
    })
    await writeReport(aSource(paperRuns(study), { study }), folder, { formats: ['md'], figures: [] })
    expect(read('report.md')).toContain(`Where sequences of mnist were longer`)
    expect(read('report.md')).toContain(sentence)
  })

  it('says in its methods which tasks had batches by length', async () => {
    await writeReport(aSource(), folder, { formats: ['md'], figures: [] })
    expect(read('report.md')).not.toContain('of about one length')
    const study = paperStudy({
      tasks: [{ name: 'mnist', kind: 'listops', options: { batches: 'by-length' } }],
    })
    await writeReport(aSource(paperRuns(study), { study }), folder, { formats: ['md'], figures: [] })
    expect(read('report.md')).toContain('Batches of mnist were made of examples of about one length')
  })

  it('never bolds a setting whose difference from the best excludes 0', async () => {
    const runs = paperRuns(paperStudy()).map((run) =>
      run.setting === 'unfrozen-random'
        ? { ...run, summary: { 'val/accuracy': 0.5, 'test/accuracy': 0.5 + run.seed / 1000 } }
        : run,
    )
    await writeReport(aSource(runs), folder, { formats: ['md'], figures: [] })
    expect(
      read('report.md')
        .match(/\*\*\d\d\.\d ± \d\.\d\*\* \|\n/g)
        ?.slice(0, 1),
    ).toEqual(['**68.0 ± 0.6** |\n'])
  })

  it('says the same, byte for byte, from the same source', async () => {
    const formats = REPORT_FORMATS.filter((format) => format !== 'pdf')
    await writeReport(aSource(), folder, { formats, figures: ['svg'] })
    const first = new Map(readdirSync(folder).map((file) => [file, read(file)]))
    await writeReport(aSource(), folder, { formats, figures: ['svg'] })
    for (const [file, content] of first) expect(read(file), file).toBe(content)
  })

  it('has no test score in any format while the test is sealed', async () => {
    // Validation 0.5xx and test 0.9xx: no digit of a test score may be seen.
    const runs = paperRuns(paperStudy()).map((run) => ({
      ...run,
      summary: { ...run.summary, 'test/accuracy': null },
    }))
    const source = aSource(runs, { testSealed: true })
    await writeReport(source, folder, { formats: ['md', 'csv', 'html', 'json', 'latex'], figures: ['svg'] })
    expect(readdirSync(folder)).not.toContain('table-results.tex')
    expect(readdirSync(folder).filter((file) => file.startsWith('test-'))).toEqual([])
    expect(read('report.md')).toContain('test scores are still sealed'.replace('t', 'T'))
    expect(parse(read('report.csv'), { columns: true })).not.toContainEqual(
      expect.objectContaining({ table: 'results' }),
    )
  })

  it('names runs, rule and database in every CSV row, numbers unrounded', async () => {
    const source = aSource()
    await writeReport(source, folder, { formats: ['csv'], figures: [] })
    const rows = parse<Record<string, string>>(read('report.csv'), { columns: true })
    expect(new Set(rows.map((row) => row['rule']))).toEqual(
      new Set([ruleHash(source.comparison.selection, 1)]),
    )
    expect(new Set(rows.map((row) => row['database']))).toEqual(new Set([runsHash(source.runs)]))
    expect(rows.find((row) => row['key'] === 'test/mnist/minilm-l6/frozen-random')).toMatchObject({
      table: 'results',
      row: 'frozen-random',
      column: 'mnist',
      text: '44.0 ± 0.6†',
      numbers: expect.stringMatching(/^mean=0\.44\d* sem=0\.00577350269\d+ n=3$/) as string,
      runs: [0, 1, 2].map((seed) => `mnist/frozen-random/1.00e-3/${seed}`).join(' '),
    })
  })

  it('makes an HTML page that holds a hostile name harmless and loads nothing', async () => {
    const study = { ...paperStudy(), name: '</title><script>alert(1)</script>' }
    await writeReport(aSource(paperRuns(study), { study }), folder, { formats: ['html'], figures: [] })
    const page = read('report.html')
    expect(page).not.toContain('<script>alert')
    expect(page.match(/(src|href)=["']?http|url\(["']?http|@import/g)).toBeNull()
    expect(page).toContain(
      'data-cell="test/mnist/minilm-l6/frozen-random" data-runs="mnist/frozen-random/1.00e-3/0 ',
    )
  })

  it('stands published numbers beside the runs without claiming to trace them', async () => {
    const published = [
      {
        source: 'Rothermel et al. 2021',
        task: 'mnist',
        model: 'gpt2',
        setting: 'Frozen Random',
        metric: 'accuracy' as const,
        mean: 0.98,
        sem: 0.0004,
        n: 3,
      },
    ]
    await writeReport(aSource(undefined, { published }), folder, { formats: ['md'], figures: [] })
    expect(read('report.md')).toMatch(/Frozen Random, gpt2 \(Rothermel et al. 2021\) \|\s+98.0 ± 0.0/)
    expect(read('report.md')).toContain('Published cells are quoted')
  })

  it('gives every cell of every table a key of its own, for several tasks too', () => {
    const study = paperStudy({
      tasks: ['mnist', 'list/ops 1%'].map((name) => ({ name, kind: 'mnist', options: {} })),
    })
    const runs = study.tasks.flatMap(({ name: task }) =>
      paperRuns(study).map((run) => ({ ...run, task, id: `${task}:${run.id}` })),
    )
    const tables = reportTables(aSource(runs, { study }))
    const keys = tables.flatMap(({ rows }) => rows.flatMap(({ cells }) => cells.map(({ key }) => key)))
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.filter((key) => !/^[\w.~%/-]+$/.test(key))).toEqual([])
    expect(tables[0]?.columns).toEqual(['mnist', 'list/ops 1%'])
  })
})
