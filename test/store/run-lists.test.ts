import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { FIELDS } from '../../src-main/filter/language'
import type { Filter } from '../../src-main/filter/language'
import { parseFilter } from '../../src-main/filter/parse'
import type { RunRecord } from '../../src-main/run'
import { IN_MEMORY, openWritable } from '../../src-main/store/database'
import type { WritableDatabase } from '../../src-main/store/database'
import { writableStore } from '../../src-main/store/open'
import { countRuns, countStates, listRuns } from '../../src-main/store/run-lists'
import { openStore } from '../../src-main/store/store'
import type { RunAnnotations, RunQuery, Store } from '../../src-main/store/store'
import { filters } from '../filter/filters'
import { passes, valueOf } from '../filter/oracle'
import { outcome, plan, START } from './plans'

let store: Store
beforeAll(() => {
  store = openStore(':memory:')
  store.saveStudy(plan({ seeds: [0, 1, 2], learning_rates: [1e-4, 1e-3, 1e-2] }))
  const [a, b, c, d, e, ...rest] = ids({ study: 'lr-sweep', order: 'plan' })
  const scores = [
    { 'val/accuracy': 0.5, 'val/loss': Infinity, 'test/accuracy': 0.4 },
    { 'val/accuracy': 0.25, 'val/loss': NaN, 'test/accuracy': 1 },
    { 'val/accuracy': 1, 'val/loss': 0, 'test/accuracy': 0.25 },
  ]
  for (const [i, id] of [a, b, c].entries()) {
    store.begin(id!, START)
    store.end(id!, outcome(scores[i]))
  }
  store.setState(d!, 'failed', 'the worker died: out of memory')
  store.begin(e!, START)
  for (const id of rest) store.setState(id, 'cancelled')
  // Another study shares some of the runs, is still open, and drops one from its plan.
  store.saveStudy(plan({ name: 'two words', seeds: [0, 1], learning_rates: [1e-4, 1e-5] }))
  store.saveStudy(plan({ name: 'two words', seeds: [1], learning_rates: [1e-4, 1e-5] }))
  store.saveStudy(plan({ name: 'Ä study', seeds: [7], learning_rates: [1] }))
  store.tagRuns('keep', [a!, b!, d!])
  store.tagRuns('Ä', [b!])
  store.tagRuns('two words', [c!])
  store.setNote(c!, 'a *note* about the frozen trunk, and')
  store.archiveRuns(true, [d!, rest[0]!])
})

const ids = (query: RunQuery = {}): string[] => store.runs(query).map(({ id }) => id)
const oracle = (query: RunQuery): [RunRecord, RunAnnotations][] => {
  const runs = store.runs(query)
  const added = store.annotations(runs.map(({ id }) => id))
  return runs.map((run, i) => [run, added[i]!])
}

describe('a filtered list', () => {
  it.each([undefined, 'lr-sweep', 'two words'])(
    'means in SQL what it means in words, seen from %s',
    (study) => {
      const all = oracle({ study })
      let hits = 0
      // A page that is full at once, and one for which all runs have to be asked.
      const limits = fc.constantFrom(2, 100)
      fc.assert(
        fc.property(filters, limits, (filter, limit) => {
          const expected = all.filter(([run, added]) => passes(filter, run, added)).map(([{ id }]) => id)
          expect(store.runIds({ study, filter })).toEqual(expected)
          expect(ids({ study, filter, limit, offset: 1 })).toEqual(expected.slice(1, 1 + limit))
          expect(store.countRuns({ study, filter })).toBe(expected.length)
          if (expected.length > 0 && expected.length < all.length) hits++
        }),
        { numRuns: 300 },
      )
      // The filters drawn tell runs apart: most of them are not empty words.
      expect(hits).toBeGreaterThan(20)
    },
  )

  it('is asked how far some runs are, and by what they have in common', () => {
    const all = oracle({}).map(([run]) => run)
    const asked = [...all.map(({ id }) => id), '000000000000']
    expect(store.runMarks(asked)).toEqual(all.map(({ id, state, steps }) => ({ id, state, steps })))
    expect(store.runMarks([])).toEqual([])

    const started = all.filter(({ environment }) => environment !== null)
    const [setup, ...others] = store.runsBySetup()
    expect(others).toEqual([])
    expect(setup?.environment).toEqual(START.environment)
    expect({ ...setup?.config, learning_rate: 1e-4, seed: 0 }).toEqual(
      started.find(({ seed, learningRate }) => seed === 0 && learningRate === 1e-4)?.config,
    )
    expect(setup?.runs).toEqual(
      started.map(({ id, state, steps, startedAt, finishedAt }) => ({
        id,
        state,
        steps,
        startedAt,
        finishedAt,
      })),
    )
  })

  it('is whole, row by row, without a page', () => {
    const filter = parseFilter('state = finished')
    expect(ids({ filter })).toEqual(store.runIds({ filter }))
    expect(ids({ study: 'lr-sweep', order: 'plan', filter })).toEqual(
      ids({ study: 'lr-sweep', order: 'plan' }).filter((id) => store.run(id)?.state === 'finished'),
    )
  })

  it('sorts by any field, runs without it last, the newest first among equals', () => {
    for (const field of Object.keys(FIELDS)) {
      for (const descending of [false, true]) {
        const newest = oracle({}).map(([run, added]) => ({
          id: run.id,
          value: field === 'tag' ? added.tags.join(', ') || null : valueOf(field, run, added),
        }))
        const expected = newest.toSorted((x, y) => {
          if (x.value === null || y.value === null) return Number(x.value === null) - Number(y.value === null)
          const order = x.value < y.value ? -1 : Number(x.value > y.value)
          return descending ? -order : order
        })
        expect(ids({ sort: [{ field, descending }] }), `${field} ${descending}`).toEqual(
          expected.map(({ id }) => id),
        )
      }
    }
  })

  it('comes in pages that fit together', () => {
    const sort = [{ field: 'val/accuracy', descending: true }]
    const whole = ids({ sort })
    const pages = [0, 4, 8, 12].flatMap((offset) => ids({ sort, offset, limit: 4 }))
    expect(pages).toEqual(whole)
  })

  it('leaves out what was put away only when asked to', () => {
    expect(ids().length - ids({ archived: 'left out' }).length).toBe(2)
    expect(ids({ filter: parseFilter('archived = yes') })).toHaveLength(2)
  })

  it('gives the values of fields, one row a run', () => {
    const filter = parseFilter('tag = Ä')
    expect(store.runValues({ filter }, ['seed', 'tag', 'val/accuracy', 'best_step', 'reason'])).toEqual([
      [1, 'keep, Ä', 0.25, 90, null],
    ])
    expect(() => store.runValues({}, ['no_such_field'])).toThrow('no field')
  })
})

describe('a list of many runs', () => {
  const db = openWritable(IN_MEMORY)
  /** How SQLite goes about what `work` asks. */
  function planOf(db: WritableDatabase, work: () => unknown): string {
    const asked: string[] = []
    const prepare = db.prepare.bind(db)
    db.prepare = (sql: string) => {
      asked.push(sql)
      return prepare(sql)
    }
    work()
    db.prepare = prepare
    const steps = asked.flatMap((sql) => {
      const values = Array.from({ length: sql.split('?').length - 1 }, () => 1)
      return prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...values)
    })
    return steps.map(({ detail }) => detail).join('; ')
  }

  it.each([
    ['val/accuracy > 0.9', 'COVERING INDEX runs_by_validation_accuracy (<expr>>?)'],
    ['val/loss <= 0.3', 'COVERING INDEX runs_by_validation_loss (<expr><?)'],
    ['test/accuracy > 0.9', 'COVERING INDEX runs_by_test_accuracy (<expr>>?)'],
    ['test/loss <= 0.3', 'COVERING INDEX runs_by_test_loss (<expr><?)'],
    ['lr < 1e-4 and seed < 3', 'COVERING INDEX runs_by_rate (learning_rate<?)'],
    ['state = finished and setting ~ frozen', 'COVERING INDEX runs_by_cell (home_cell=? AND state=?'],
  ])('is counted by %s out of an index alone', (filter, expected) => {
    const query: RunQuery = { filter: parseFilter(filter), archived: 'left out' }
    expect(planOf(db, () => countRuns(db, query))).toContain(expected)
  })

  it.each([
    ['val/accuracy', 'COVERING INDEX runs_by_validation_accuracy'],
    // Nothing is sealed here, so that scores stand as the index has them.
    ['test/accuracy', 'COVERING INDEX runs_by_test_accuracy'],
    ['lr', 'COVERING INDEX runs_by_rate'],
    ['state', 'COVERING INDEX runs_by_state'],
  ])('is sorted by %s out of an index, and whole rows are read of the page alone', (field, expected) => {
    const sort = [{ field, descending: true }]
    expect(planOf(db, () => listRuns(db, { sort, archived: 'left out', limit: 100 }))).toContain(expected)
  })

  it('is counted by state out of an index alone', () => {
    expect(planOf(db, () => countStates(db, { archived: 'left out' }))).toContain(
      'COVERING INDEX runs_by_state',
    )
  })

  it('looks among the newest for a page of what is filtered, then in an index', () => {
    const query: RunQuery = { filter: parseFilter('test/accuracy > 0.9'), archived: 'left out', limit: 100 }
    const steps = planOf(db, () => listRuns(db, query))
    expect(steps).toContain('SEARCH runs USING INTEGER PRIMARY KEY (rowid>?)')
    expect(steps).toContain('COVERING INDEX runs_by_test_accuracy (<expr>>?)')
  })

  it('does not read ids for a word that is in none', () => {
    const plan = (word: string): string =>
      planOf(db, () => countRuns(db, { filter: parseFilter(word), archived: 'left out' }))
    expect(plan('frozen')).toContain('COVERING INDEX')
    expect(plan('fade')).not.toContain('COVERING INDEX runs')
  })

  it('of a small study is read as that study, of a large one out of the indexes of all runs', () => {
    const mine = openWritable(IN_MEMORY)
    const written = writableStore(mine)
    const rates = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2]
    written.saveStudy(plan({ name: 'large', learning_rates: rates, seeds: [0, 1] }))
    written.saveStudy(plan({ name: 'small', learning_rates: [1], seeds: [0, 1] }))
    const counted = (study: string): string =>
      planOf(mine, () => countRuns(mine, { study, filter: parseFilter('val/accuracy > 0.9') }))
    expect(counted('small')).toContain('SEARCH study_runs USING COVERING INDEX study_runs_by_position')
    expect(counted('large')).toContain('COVERING INDEX runs_by_validation_accuracy (<expr>>?)')
    const sort = [{ field: 'val/accuracy', descending: true }]
    const sorted = (study: string): string =>
      planOf(mine, () => listRuns(mine, { study, order: 'plan', sort, limit: 100 }))
    expect(sorted('large')).toContain('COVERING INDEX runs_by_validation_accuracy')
    expect(sorted('small')).not.toContain('runs_by_validation_accuracy')
  })
})

describe('a score under seal', () => {
  const withTest = (query: RunQuery): string[] => ids({ ...query, filter: parseFilter('test/accuracy >= 0') })
  const sealedOf = (study?: string): string[] =>
    store
      .runs({ study })
      .filter(({ state, summary }) => state === 'finished' && summary['test/accuracy'] == null)
      .map(({ id }) => id)

  it('is nowhere in what a filter, an order or a column tells', () => {
    expect(store.study('lr-sweep')?.testSealed).toBe(true)
    for (const study of [undefined, 'lr-sweep']) {
      expect(sealedOf(study)).toHaveLength(3)
      for (const source of [
        'test/accuracy >= 0',
        'test/accuracy != none',
        'test/accuracy ~ 0',
        'test/loss != 7',
      ]) {
        expect(ids({ study, filter: parseFilter(source) }), source).toEqual([])
      }
      const all = store.countRuns({ study })
      expect(store.countRuns({ study, filter: parseFilter('not test/accuracy > 0.3') })).toBe(all)
      const sort = [{ field: 'test/accuracy', descending: true }]
      expect(ids({ study, sort })).toEqual(ids({ study }))
      expect(store.runValues({ study }, ['test/accuracy']).flat()).toEqual(
        Array.from({ length: all }, () => null),
      )
    }
  })

  it('is there for all of it once the study ends or is opened, under the seals of all that hold the run', () => {
    const open: Filter = parseFilter('test/accuracy > 0.3')
    store.revealTest('lr-sweep')
    expect(withTest({ study: 'lr-sweep' })).toHaveLength(3)
    expect(ids({ study: 'lr-sweep', filter: open })).toHaveLength(2)
    // Two of the three are shared with a study that is still sealed.
    expect(withTest({})).toHaveLength(sealedOf().length === 0 ? 3 : 3 - sealedOf().length)
    expect(sealedOf().length).toBeGreaterThan(0)
    store.revealTest('two words')
    expect(withTest({})).toHaveLength(3)
  })
})

describe('the words in which a run is listed', () => {
  it('are those of the first study that plans it, whatever is planned, dropped or deleted later', () => {
    const mine = openStore(':memory:')
    const home = (): string[] => [...new Set(mine.runs().map(({ study, inPlan }) => `${study} ${inPlan}`))]
    mine.saveStudy(plan({ name: 'first', seeds: [0], learning_rates: [1e-3] }))
    mine.saveStudy(plan({ name: 'second', seeds: [0], learning_rates: [1e-3] }))
    expect(home()).toEqual(['first true'])
    mine.saveStudy(plan({ name: 'first', seeds: [], learning_rates: [1e-3] }))
    expect(home()).toEqual(['second true'])
    mine.saveStudy(plan({ name: 'second', seeds: [], learning_rates: [1e-3] }))
    expect(home()).toEqual(['first false'])
    mine.close()
  })
})
