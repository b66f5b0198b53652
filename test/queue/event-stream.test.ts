import { expect, it } from 'vitest'
import { EventStream } from '../../src-main/queue/event-stream'
import type { WorkbenchEvent } from '../../src-main/queue/events'

const log = (message: string) => ({ type: 'log', level: 'info', study: null, run: null, message }) as const

it('a listener hears every event once, with rising cursors, until it leaves', () => {
  const stream = new EventStream()
  const heard: WorkbenchEvent[] = []
  const leave = stream.subscribe((event) => heard.push(event))
  stream.emit(log('a'))
  stream.emit(log('b'))
  leave()
  stream.emit(log('c'))
  expect(heard.map(({ cursor }) => cursor)).toEqual([1, 2])
})

it('replays what happened after a cursor, and says when some of it is forgotten', () => {
  const stream = new EventStream(3)
  for (const message of ['a', 'b', 'c', 'd', 'e']) stream.emit(log(message))
  const replayed = stream.since(3)
  expect(replayed.complete).toBe(true)
  expect(replayed.events.map(({ cursor }) => cursor)).toEqual([4, 5])
  expect(stream.since(2)).toMatchObject({ complete: true, cursor: 5 })
  expect(stream.since(1).complete).toBe(false)
  expect(stream.since(0).complete).toBe(false)
})

it('a cursor of another session is not mistaken for one of this', () => {
  const stream = new EventStream()
  stream.emit(log('a'))
  expect(stream.since(99).complete).toBe(false)
})

it('progress takes no place in the ring', () => {
  const stream = new EventStream(2)
  stream.emit(log('a'))
  for (let i = 0; i < 10; i++) stream.emit({ type: 'progress', running: [] })
  expect(stream.since(0)).toMatchObject({ complete: true, cursor: 11 })
  expect(stream.since(0).events).toHaveLength(1)
})

it('what a listener says in answer to an event is heard after it, by all', () => {
  const stream = new EventStream()
  const heard: number[] = []
  stream.subscribe(({ cursor }) => {
    if (cursor === 1) stream.emit(log('answer'))
  })
  stream.subscribe(({ cursor }) => heard.push(cursor))
  stream.emit(log('a'))
  stream.emit(log('b'))
  expect(heard).toEqual([1, 2, 3])
})
