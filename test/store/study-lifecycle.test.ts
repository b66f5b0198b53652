import { beforeEach, describe, expect, it } from 'vitest'
import { openStore, type Store } from '../../src-main/store/store'
import { losses, outcome, plan, START } from './plans'

let store: Store
beforeEach(() => {
  store = openStore(':memory:')
})

const names = (): string[] => store.studies().map(({ name }) => name)
const ids = (study?: string): string[] => store.runs({ study }).map(({ id }) => id)

/** Trains the first run of a study. */
function train(study: string): string {
  const { id } = store.runs({ study, order: 'plan' })[0]!
  store.begin(id, START)
  store.append(id, [losses(1, 3)])
  store.end(id, outcome())
  return id
}

describe('putting a study away', () => {
  it('is noted and undone, and changes nothing else', () => {
    const before = store.saveStudy(plan())
    expect(before.archivedAt).toBeNull()
    const archived = store.archiveStudy('lr-sweep', true)
    expect(archived).toEqual({ ...before, archivedAt: expect.stringMatching(/^\d{4}-/) as string })
    expect(store.archiveStudy('lr-sweep', true).archivedAt).toBe(archived.archivedAt)
    expect(store.archiveStudy('lr-sweep', false)).toEqual(before)
    expect(() => store.archiveStudy('nobody', true)).toThrow('there is no study "nobody"')
  })
})

describe('deleting a study', () => {
  it('takes it and its runs out of every list, and bringing it back brings back everything', () => {
    store.saveStudy(plan())
    const id = train('lr-sweep')
    const before = { studies: store.studies(), runs: store.runs(), points: store.series(id, 'train/loss') }

    expect(store.deletionOf('lr-sweep')).toEqual({ runs: 4, shared: 0, steps: 100, results: 1 })
    expect(store.deleteStudy('lr-sweep')).toEqual({ runs: 4, shared: 0, steps: 100, results: 1 })
    expect(names()).toEqual([])
    expect(ids()).toEqual([])
    expect(store.countRuns()).toBe(0)
    expect(store.run(id)).toBeNull()
    expect(store.study('lr-sweep')).toBeNull()

    store.restoreStudy('lr-sweep')
    expect({ studies: store.studies(), runs: store.runs(), points: store.series(id, 'train/loss') }).toEqual(
      before,
    )
    expect(store.events({ study: 'lr-sweep' }).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['study-deleted', 'study-restored']),
    )
  })

  it('keeps the runs that another study holds', () => {
    store.saveStudy(plan())
    store.saveStudy(plan({ name: 'other', learning_rates: [1e-4] }))
    expect(store.deleteStudy('lr-sweep')).toMatchObject({ runs: 2, shared: 2 })
    expect(ids()).toEqual(ids('other'))
    expect(store.runs()[0]!.study).toBe('other')
    store.purgeDeleted()
    expect(ids('other')).toHaveLength(2)
  })

  it('is for good once it is purged, and says whose checkpoints are left over', () => {
    store.saveStudy(plan())
    const id = train('lr-sweep')
    const held = ids()
    store.deleteStudy('lr-sweep')
    expect(store.purgeDeleted().sort()).toEqual([...held].sort())
    expect(store.purgeDeleted()).toEqual([])
    expect(store.events({ run: id })).toEqual([])
    expect(() => store.restoreStudy('lr-sweep')).toThrow('cannot be brought back')

    // Trained anew: nothing of the old runs is left.
    store.saveStudy(plan())
    expect(store.runs()[0]).toMatchObject({ state: 'queued', steps: 0, summary: {} })
    expect(store.series(id, 'train/loss').steps).toHaveLength(0)
  })

  it('frees its name, and a study that took it is not overwritten', () => {
    store.saveStudy(plan())
    store.deleteStudy('lr-sweep')
    store.saveStudy(plan({ seeds: [7] }))
    expect(() => store.restoreStudy('lr-sweep')).toThrow('another study is called "lr-sweep" by now')
    store.deleteStudy('lr-sweep')
    // The one deleted last comes back first.
    expect(store.restoreStudy('lr-sweep').study).toMatchObject({ seeds: [7] })
  })

  it('leaves runs that another study asks for meanwhile to that study', () => {
    store.saveStudy(plan())
    const id = train('lr-sweep')
    store.deleteStudy('lr-sweep')
    store.saveStudy(plan({ name: 'other' }))
    expect(store.run(id)).toMatchObject({ study: 'other', state: 'finished', steps: 100 })
    expect(store.purgeDeleted()).toEqual([])
    expect(store.run(id, 'other')).toMatchObject({ state: 'finished' })
  })
})
