import { describe, expect, it } from 'vitest'
import type { RunKin } from '../../../../src-main/api/run'
import { configRows } from '../../../../src-renderer/views/run/config-rows'
import { grid, neighbour } from '../../../../src-renderer/views/run/kin'
import { changed } from '../../../../src-renderer/views/run/run-axis'
import { trainingClock } from '../../../../src-renderer/views/run/training-clock'

const at = (second: number): string => new Date(second * 1000).toISOString()
const event = (kind: string, second: number) => ({ kind, at: at(second) })

describe('time in training', () => {
  it('leaves out what the run was paused', () => {
    const clock = trainingClock(
      [
        event('started', 100),
        event('running', 100),
        event('paused', 160),
        event('queued', 900),
        event('resumed', 1000),
      ],
      0,
    )
    expect(clock?.(130_000)).toBe(30)
    expect(clock?.(500_000)).toBe(60)
    expect(clock?.(1_020_000)).toBe(80)
  })

  it('counts from the last start of a run that was started over', () => {
    const clock = trainingClock(
      [event('started', 0), event('failed', 50), event('queued', 60), event('started', 100)],
      0,
    )
    expect(clock?.(110_000)).toBe(10)
  })

  it('ends where the process died without a word', () => {
    const clock = trainingClock([event('started', 0), event('resumed', 500)], 0)
    expect(clock?.(510_000)).toBe(510)
  })

  it('of a run without a log counts from its first point, and of one without moments means nothing', () => {
    expect(trainingClock([], 5_000)?.(7_000)).toBe(2)
    expect(trainingClock([], 0)).toBeNull()
  })
})

const kin = (learningRate: number, seed: number): RunKin => ({
  id: `${learningRate}/${seed}`,
  learningRate,
  seed,
  state: 'finished',
  summary: {},
})

describe('the neighbours of a run', () => {
  const all = [kin(1e-3, 1), kin(1e-4, 0), kin(1e-3, 0), kin(1e-2, 0)]

  it('are a table of rates and seeds with holes where the study has none', () => {
    const { seeds, rows } = grid(all)
    expect(seeds).toEqual([0, 1])
    expect(rows.map(({ learningRate, runs }) => [learningRate, runs.map((run) => run?.id ?? null)])).toEqual([
      [1e-4, ['0.0001/0', null]],
      [1e-3, ['0.001/0', '0.001/1']],
      [1e-2, ['0.01/0', null]],
    ])
  })

  it('along one axis keep the other, and end at the border', () => {
    const from = '0.001/0'
    expect(neighbour(all, from, 'learningRate', 1)?.id).toBe('0.01/0')
    expect(neighbour(all, from, 'learningRate', -1)?.id).toBe('0.0001/0')
    expect(neighbour(all, from, 'seed', 1)?.id).toBe('0.001/1')
    expect(neighbour(all, from, 'seed', -1)).toBeNull()
    expect(neighbour(all, '0.001/1', 'learningRate', 1)).toBeNull()
  })
})

describe('a configuration', () => {
  const config = {
    task: { kind: 'mnist', options: { patch: 7 } },
    train: ['input', { last_layers: 2 }],
    start_from: null,
  }

  it('is rows, one a value, below what leads to it', () => {
    expect(configRows(config).map(({ path, depth, value }) => [path, depth, value])).toEqual([
      ['task', 0, null],
      ['task.kind', 1, 'mnist'],
      ['task.options', 1, null],
      ['task.options.patch', 2, '7'],
      ['train', 0, 'input, {"last_layers":2}'],
      ['start_from', 0, 'null'],
    ])
  })

  it('is searched by names and values together', () => {
    expect(configRows(config, 'PATCH 7').map(({ path }) => path)).toEqual([
      'task',
      'task.options',
      'task.options.patch',
    ])
    expect(configRows(config, 'nothing')).toEqual([])
  })
})

describe('looking closer', () => {
  it('halves about the middle and never leaves the run', () => {
    expect(changed(null, 100, { scale: 0.5 })).toEqual([25, 75])
    expect(changed([25, 75], 100, { shift: -1 })).toEqual([0, 50])
    expect(changed([25, 75], 100, { shift: 1 })).toEqual([50, 100])
  })

  it('from further off ends with everything', () => {
    expect(changed([25, 75], 100, { scale: 2 })).toBeNull()
  })
})
