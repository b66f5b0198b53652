import { beforeEach, describe, expect, it } from 'vitest'
import { InputError } from '../../src-main/errors'
import { openStore } from '../../src-main/store/store'
import type { Store } from '../../src-main/store/store'
import { plan } from './plans'

let store: Store
let a: string
let b: string
beforeEach(() => {
  store = openStore(':memory:')
  store.saveStudy(plan())
  ;[a, b] = store.runIds() as [string, string]
})

const of = (id: string) => store.annotations([id])[0]

describe('annotations', () => {
  it('are none at first', () => {
    expect(of(a)).toEqual({ run: a, tags: [], note: null, archivedAt: null })
    expect(store.annotations(['000000000000'])).toEqual([])
    expect(store.tags()).toEqual([])
  })

  it('a tag says which runs it is new on, so that it can be taken back exactly', () => {
    expect(store.tagRuns('keep', [a])).toEqual([a])
    expect(store.tagRuns('keep', [a, b])).toEqual([b])
    expect(store.tags()).toEqual([{ tag: 'keep', runs: 2 }])
    expect(store.untagRuns('keep', [b])).toEqual([b])
    expect(of(a)?.tags).toEqual(['keep'])
    expect(of(b)?.tags).toEqual([])
  })

  it('a note takes the place of the one before, and answers it', () => {
    expect(store.setNote(a, 'first')).toBeNull()
    expect(store.setNote(a, 'second')).toBe('first')
    expect(of(a)?.note).toBe('second')
    expect(store.setNote(a, null)).toBe('second')
    expect(of(a)?.note).toBeNull()
  })

  it('archiving keeps the run, its study and what it counts for', () => {
    expect(store.archiveRuns(true, [a])).toEqual([a])
    expect(store.archiveRuns(true, [a, b])).toEqual([b])
    expect(store.study('lr-sweep')?.runsByState.queued).toBe(4)
    expect(store.runs()).toHaveLength(4)
    expect(store.archiveRuns(false, [a, b])).toEqual([a, b])
    expect(of(a)?.archivedAt).toBeNull()
  })

  it('all or nothing: an unknown run among them changes none', () => {
    expect(() => store.tagRuns('keep', [a, '000000000000'])).toThrow(InputError)
    expect(store.tags()).toEqual([])
  })
})

describe('saved views', () => {
  it('are kept by place and name, and answer what they replace', () => {
    expect(store.saveView('runs', { name: 'Best', query: 'filter=lr' })).toBeNull()
    expect(store.saveView('runs', { name: 'Best', query: 'filter=seed' })).toBe('filter=lr')
    store.saveView('runs', { name: 'all', query: '' })
    store.saveView('elsewhere', { name: 'Best', query: 'x' })
    expect(store.views('runs')).toEqual([
      { name: 'all', query: '' },
      { name: 'Best', query: 'filter=seed' },
    ])
    expect(store.removeView('runs', 'Best')).toBe('filter=seed')
    expect(store.removeView('runs', 'Best')).toBeNull()
    expect(store.views('runs').map(({ name }) => name)).toEqual(['all'])
  })
})
