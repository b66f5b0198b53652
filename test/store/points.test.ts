import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { MetricName } from '../../src-main/run'
import { FULL_CHUNK_POINTS, mergeableTail } from '../../src-main/store/chunks'
import { openWritable, type WritableDatabase } from '../../src-main/store/database'
import { writableStore } from '../../src-main/store/open'
import type { Store } from '../../src-main/store/store'
import { losses, outcome, plan, START } from './plans'

let db: WritableDatabase
let store: Store
let run: string

beforeEach(() => {
  db = openWritable(':memory:')
  store = writableStore(db)
  store.saveStudy(plan())
  run = store.runs()[0]!.id
  store.begin(run, START)
})

const chunkSizes = (): number[] =>
  db.prepare<[], number>('SELECT points FROM chunks ORDER BY run, metric, first_step').pluck().all()

describe('logged points', () => {
  it('come back with every special value, times rounded to whole milliseconds', () => {
    const values = Float64Array.of(NaN, Infinity, -Infinity, -0, 0.1, 5e-324)
    const steps = Uint32Array.of(1, 2, 3, 5, 8, 4_000_000_000)
    const times = Float64Array.of(1e12, 1e12 + 0.6, 1e12 - 5000, 0, -1, 4e15)
    store.append(run, [{ metric: 'train/loss', steps, values, times }])
    const back = store.series(run, 'train/loss')
    expect(back.steps).toEqual(steps)
    expect([...back.values].every((value, i) => Object.is(value, values[i]))).toBe(true)
    expect([...back.times]).toEqual([1e12, 1e12 + 1, 1e12 - 5000, 0, -1, 4e15])
    expect(back.damaged).toEqual([])
  })

  it('are empty where nothing was logged', () => {
    expect(store.series(run, 'val/loss')).toEqual({
      steps: new Uint32Array(),
      values: new Float64Array(),
      times: new Float64Array(),
      damaged: [],
    })
    expect(store.loggedMetrics(run)).toEqual([])
  })

  it('are listed by metric, and a run in training knows its steps', () => {
    store.append(run, [losses(1, 20), { ...losses(10, 10), metric: 'val/loss' }])
    expect(store.loggedMetrics(run)).toEqual(['train/loss', 'val/loss'])
    expect(store.run(run)?.steps).toBe(20)
  })

  it('are thinned on request without losing a spike', () => {
    const chunk = losses(1, 5000)
    chunk.values[2500] = 1e6
    store.append(run, [chunk])
    const drawn = store.series(run, 'train/loss', 100)
    expect(drawn.steps.length).toBeLessThanOrEqual(100)
    expect(drawn.values).toContain(1e6)
  })

  it('are refused where a step was logged before, and nothing of that message is kept', () => {
    store.append(run, [losses(1, 10)])
    const twice = [{ ...losses(1, 5), metric: 'val/loss' as const }, losses(10, 12)]
    expect(() => store.append(run, twice)).toThrow('step 10 comes after step 10')
    expect(store.loggedMetrics(run)).toEqual(['train/loss'])
    expect(store.series(run, 'train/loss').steps.length).toBe(10)
  })

  it('are refused where steps fall, lengths differ or a time is none', () => {
    const chunk = losses(1, 3)
    expect(() => store.append(run, [{ ...chunk, steps: Uint32Array.of(1, 3, 2) }])).toThrow(
      'step 2 comes after step 3',
    )
    expect(() => store.append(run, [{ ...chunk, values: Float64Array.of(1) }])).toThrow('3 steps, 1 values')
    expect(() => store.append(run, [{ ...chunk, times: Float64Array.of(1, NaN, 3) }])).toThrow('milliseconds')
    expect(store.loggedMetrics(run)).toEqual([])
  })

  it('of a run that does not exist are refused by name', () => {
    expect(() => store.append('0123456789ab', [losses(1, 2)])).toThrow('no run "0123456789ab"')
    expect(() => store.series('0123456789ab', 'train/loss')).toThrow('no run "0123456789ab"')
  })

  it('stay in few chunks however small the messages are', () => {
    for (let step = 1; step <= 10_000; step++) store.append(run, [losses(step, step)])
    const sizes = chunkSizes()
    expect(sizes.length).toBeLessThan(30)
    expect(sizes[0]).toBeGreaterThanOrEqual(FULL_CHUNK_POINTS)
    expect(store.series(run, 'train/loss').steps).toEqual(
      Uint32Array.from({ length: 10_000 }, (_, i) => i + 1),
    )
  })
})

describe('merging the tail', () => {
  it.each([
    [[], 0],
    [[1, 1, 1, 1, 1, 1, 1], 0],
    [[1, 1, 1, 1, 1, 1, 1, 1], 8],
    [[1, 1, 1, 1, 1, 1, 1, 1, 8], 8],
    [[8, 8, 8, 8, 8, 8, 8, 8, 64], 8],
    [[1, 1, 8, 8, 8, 8, 8, 8, 8, 8, 64], 10],
    [[1, 1, 1, 1, 5000, 1, 1, 1, 1], 0],
    [[4096, 1, 1, 1, 1, 1, 1, 1, 1], 0],
  ])('of chunks with %j points takes the newest %i', (sizes, expected) => {
    expect(mergeableTail(sizes)).toBe(expected)
  })
})

describe('a run that begins again', () => {
  const steps = (metric: MetricName = 'train/loss'): number[] => [...store.series(run, metric).steps]

  it('from a checkpoint drops what came after it, in the middle of a chunk too', () => {
    store.append(run, [losses(1, 50)])
    store.append(run, [losses(51, 80)])
    store.begin(run, { ...START, fromStep: 30 })
    expect(steps()).toEqual(losses(1, 30).steps.reduce<number[]>((all, step) => [...all, step], []))
    store.append(run, [losses(31, 40)])
    expect(steps()).toHaveLength(40)
    expect(store.run(run)).toMatchObject({ state: 'running', steps: 40 })
  })

  it('from a checkpoint older than the evaluation of its step drops that evaluation, and no other', () => {
    store.append(run, [losses(1, 50)])
    for (const step of [10, 20, 30]) store.append(run, [{ ...losses(step, step), metric: 'val/loss' }])
    store.begin(run, { ...START, fromStep: 20, evaluatedStep: 10 })
    expect(steps('val/loss')).toEqual([10])
    expect(steps()).toHaveLength(20)
    store.append(run, [{ ...losses(20, 20), metric: 'val/loss' }])
    store.begin(run, { ...START, fromStep: 20, evaluatedStep: 20 })
    expect(steps('val/loss')).toEqual([10, 20])
  })

  it('from the start drops everything, step 0 too', () => {
    store.append(run, [{ ...losses(0, 5), metric: 'val/loss' }, losses(1, 5)])
    store.begin(run, START)
    expect(store.loggedMetrics(run)).toEqual([])
    store.append(run, [{ ...losses(0, 5), metric: 'val/loss' }])
    expect(steps('val/loss')).toHaveLength(6)
  })

  it('drops its test scores, which belong to an end that is to come again', () => {
    store.append(run, [losses(1, 50), { ...losses(20, 20), metric: 'test/loss' }])
    store.end(run, outcome())
    store.begin(run, { ...START, fromStep: 40 })
    expect(store.loggedMetrics(run)).toEqual(['train/loss'])
    expect(store.run(run)?.summary).toEqual({})
  })

  it('leaves other runs alone', () => {
    const other = store.runs()[1]!.id
    store.begin(other, START)
    store.append(other, [losses(1, 9)])
    store.begin(run, START)
    expect(store.series(other, 'train/loss').steps).toHaveLength(9)
  })
})

describe('any order of logging and resuming', () => {
  const command = fc.oneof(
    fc.record({
      type: fc.constant('append' as const),
      metric: fc.constantFrom<MetricName>('train/loss', 'val/loss', 'time/step_ms'),
      values: fc.array(fc.oneof(fc.double(), fc.float()), { minLength: 1, maxLength: 40 }),
      stride: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ type: fc.constant('resume' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  )

  it('gives what a plain array would hold', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        store.begin(run, START)
        const model = new Map<MetricName, [step: number, value: number][]>()
        for (const one of commands) {
          if (one.type === 'append') {
            const known = model.get(one.metric) ?? []
            const next = (known.at(-1)?.[0] ?? 0) + 1
            const added = one.values.map((value, i): [number, number] => [next + i * one.stride, value])
            model.set(one.metric, [...known, ...added])
            store.append(run, [
              {
                metric: one.metric,
                steps: Uint32Array.from(added, ([step]) => step),
                values: Float64Array.from(added, ([, value]) => value),
                times: Float64Array.from(added, ([step]) => 1e12 + step),
              },
            ])
          } else {
            const last = Math.max(0, ...[...model.values()].map((known) => known.at(-1)?.[0] ?? 0))
            const fromStep = Math.floor(one.at * last)
            for (const [metric, known] of model)
              model.set(metric, fromStep === 0 ? [] : known.filter(([step]) => step <= fromStep))
            store.begin(run, { ...START, fromStep })
          }
        }
        for (const [metric, known] of model) {
          const { steps, values, times } = store.series(run, metric)
          expect([...steps]).toEqual(known.map(([step]) => step))
          expect([...values].every((value, i) => Object.is(value, known[i]![1]))).toBe(true)
          expect([...times]).toEqual(known.map(([step]) => 1e12 + step))
        }
      }),
    )
  })
})

describe('a damaged chunk', () => {
  /** Three full chunks, so that none of them is merged away. */
  beforeEach(() => {
    for (const first of [1, 5001, 10_001])
      store.append(run, [
        losses(first, first + 4999),
        { ...losses(first, first + 4999), metric: 'train/grad_norm' },
      ])
  })

  const flip = (chunk: number, at: (data: Buffer) => number): void => {
    const data = db.prepare<[number], Buffer>('SELECT data FROM chunks WHERE chunk = ?').pluck().get(chunk)!
    data[at(data)]! ^= 1
    db.prepare('UPDATE chunks SET data = ? WHERE chunk = ?').run(data, chunk)
  }
  const secondOf = (metric: string): number =>
    db
      .prepare<[string], number>(
        'SELECT chunk FROM chunks JOIN metrics USING (metric) WHERE name = ? AND first_step = 5001',
      )
      .pluck()
      .get(metric)!

  it('is reported with run, metric and steps, and the rest is read', () => {
    flip(secondOf('train/loss'), (data) => data.length >> 1)
    const { steps, damaged } = store.series(run, 'train/loss')
    expect(damaged).toEqual([{ firstStep: 5001, lastStep: 10_000 }])
    expect(steps).toHaveLength(10_000)
    expect(store.series(run, 'train/grad_norm')).toMatchObject({ damaged: [] })
    expect(store.findDamage()).toEqual([{ run, metric: 'train/loss', firstStep: 5001, lastStep: 10_000 }])
    expect(store.findDamage(store.runs()[1]!.id)).toEqual([])
  })

  it('is found wherever a bit flips', () => {
    const chunk = secondOf('train/loss')
    const { length } = db
      .prepare<[number], Buffer>('SELECT data FROM chunks WHERE chunk = ?')
      .pluck()
      .get(chunk)!
    for (let at = 0; at < length; at += 97) {
      flip(chunk, () => at)
      expect(store.findDamage(run), `byte ${at}`).toHaveLength(1)
      flip(chunk, () => at)
    }
    expect(store.findDamage()).toEqual([])
  })

  it('is found where its columns would put the points elsewhere', () => {
    const other = db.prepare<[], number>('SELECT run FROM runs ORDER BY run LIMIT 1').pluck().get()!
    db.prepare('UPDATE chunks SET run = ? WHERE chunk = ?').run(other, secondOf('train/loss'))
    expect(store.findDamage()).toMatchObject([{ metric: 'train/loss', firstStep: 5001 }])
  })

  it('is no longer in the way once the run goes on from before it', () => {
    flip(secondOf('train/loss'), (data) => data.length - 1)
    store.begin(run, { ...START, fromStep: 7000 })
    store.append(run, [losses(7001, 7100)])
    const { steps, damaged } = store.series(run, 'train/loss')
    expect(damaged).toEqual([{ firstStep: 5001, lastStep: 7000 }])
    expect(steps).toHaveLength(5100)
  })

  it('at the end of a metric is not merged away', () => {
    store.append(run, [losses(15_001, 15_001)])
    flip(
      db.prepare<[], number>('SELECT chunk FROM chunks WHERE first_step = 15001').pluck().get()!,
      (data) => data.length - 1,
    )
    for (let step = 15_002; step < 15_030; step++) store.append(run, [losses(step, step)])
    expect(store.series(run, 'train/loss').damaged).toEqual([{ firstStep: 15_001, lastStep: 15_001 }])
    expect(store.series(run, 'train/loss').steps).toHaveLength(15_028)
  })
})
