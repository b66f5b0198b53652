import { expect, it } from 'vitest'
import { KeptGraphs } from '../../src-main/training/kept-graphs'
import type { Stepper } from '../../src-main/training/stepper'

/** Asks for graphs of so many bytes by name, one after the other; tells what was made and what was disposed of. */
function asking(mostBytes: number): { ask(name: string, bytes: number): Stepper; told: string[] } {
  const told: string[] = []
  const graphs = new KeptGraphs(mostBytes)
  const stepper = (name: string): Stepper => ({
    parts: [],
    hasFrozen: false,
    train: () => expect.unreachable(),
    score: () => expect.unreachable(),
    read: () => new Map(),
    write: () => undefined,
    clear: () => undefined,
    dispose: () => told.push(`- ${name}`),
  })
  return {
    told,
    ask: (name, bytes) =>
      graphs.lend({ graph: name, frozen: 'same' }, bytes, () => {
        told.push(`+ ${name}`)
        return stepper(name)
      }),
  }
}

it('graphs stay while all of them together fit, and are found again', () => {
  const { ask, told } = asking(100)
  for (const name of ['a', 'b', 'a', 'b']) ask(name, 50).dispose()
  expect(told).toEqual(['+ a', '+ b'])
})

it('what does not fit beside the newest is disposed of before the newest takes memory', () => {
  const { ask, told } = asking(100)
  ask('a', 50)
  ask('b', 30)
  ask('c', 40)
  expect(told).toEqual(['+ a', '+ b', '- a', '+ c'])
  ask('a', 50)
  expect(told.slice(4)).toEqual(['- b', '+ a'])
})

it('a graph larger than what may be kept is there for as long as no other is asked for', () => {
  const { ask, told } = asking(100)
  ask('large', 500)
  ask('large', 500)
  ask('small', 1)
  expect(told).toEqual(['+ large', '- large', '+ small'])
})

it('no graph is kept that could not be made, and those that made room for it are gone', () => {
  const graphs = new KeptGraphs(100)
  const disposed: string[] = []
  const stepper = { parts: [], dispose: () => disposed.push('a') } as unknown as Stepper
  graphs.lend({ graph: 'a', frozen: '' }, 80, () => stepper)
  const fail = (): never => {
    throw new Error('no memory')
  }
  expect(() => graphs.lend({ graph: 'b', frozen: '' }, 80, fail)).toThrow('no memory')
  expect(disposed).toEqual(['a'])
  expect(() => graphs.lend({ graph: 'b', frozen: '' }, 80, fail)).toThrow('no memory')
})

it('frozen weights count as those of the group that wrote them, until a write begins', () => {
  let fails = false
  const stepper = {
    parts: [],
    write: () => {
      if (fails) throw new Error('no memory')
    },
    dispose: () => undefined,
  } as unknown as Stepper
  const graphs = new KeptGraphs()
  const lend = (frozen: string): Stepper => graphs.lend({ graph: 'a', frozen }, 1, () => stepper)
  expect(lend('first').hasFrozen).toBe(false)
  lend('first').write('frozen', new Map())
  expect([lend('first').hasFrozen, lend('second').hasFrozen]).toEqual([true, false])
  fails = true
  expect(() => lend('second').write('frozen', new Map())).toThrow('no memory')
  expect([lend('first').hasFrozen, lend('second').hasFrozen]).toEqual([false, false])
})
