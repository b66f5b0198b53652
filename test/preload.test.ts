import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { Bridge } from '../src-main/preload'

const { exposed, listeners, sent } = vi.hoisted(() => ({
  exposed: new Map<string, unknown>(),
  listeners: new Map<string, (event: unknown, item: unknown) => void>(),
  sent: [] as unknown[][],
}))
vi.mock('electron', () => ({
  contextBridge: { exposeInMainWorld: (name: string, value: unknown) => exposed.set(name, value) },
  ipcRenderer: {
    invoke: (...args: unknown[]) => Promise.resolve(sent.push(args)),
    send: (...args: unknown[]) => sent.push(args),
    on: (channel: string, listener: (event: unknown, item: unknown) => void) =>
      listeners.set(channel, listener),
    off: (channel: string) => listeners.delete(channel),
  },
}))

let bridge: Bridge
beforeAll(async () => {
  await import('../src-main/preload')
  bridge = exposed.get('fairsweep') as Bridge
})

describe('20: the page gets', () => {
  test('one frozen object with a few verbs', () => {
    expect([...exposed.keys()]).toEqual(['fairsweep'])
    expect(Object.keys(bridge)).toEqual(['call', 'giveUp', 'subscribe'])
    expect(Object.isFrozen(bridge)).toBe(true)
  })

  test('events without the object that they came with', () => {
    const seen: unknown[][] = []
    const stop = bridge.subscribe('events.stream', {}, (...args) => seen.push(args))
    const [channel, listener] = [...listeners.entries()][0] ?? []
    listener?.({ sender: 'ipcRenderer' }, { type: 'end' })
    expect(seen).toEqual([[{ type: 'end' }]])
    stop()
    expect(listeners.has(channel ?? '')).toBe(false)
    expect(sent.at(-1)?.[0]).toBe('api:unsubscribe')
  })

  test('no way to another channel', async () => {
    await bridge.call('query', 'studies.list', undefined, '7')
    expect(sent.at(-1)).toEqual([
      'api:call',
      { type: 'query', path: 'studies.list', input: undefined, id: '7' },
    ])
    bridge.giveUp('7')
    expect(sent.at(-1)).toEqual(['api:give-up', '7'])
  })
})
