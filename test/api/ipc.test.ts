import { EventEmitter } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { openIpcDoor } from '../../src-main/api/ipc'
import type { IpcAnswer, IpcEvent } from '../../src-main/api/ipc'
import { createCaller } from '../../src-main/api/router'
import { SYNTHETIC_STUDY, openShowcase, planSynthetic } from '../e2e/showcase'
import type { Showcase } from '../e2e/showcase'
import { makeRenderer } from './served'

/** The main side of IPC, and a page that talks to it. */
const { ipc, handlers } = vi.hoisted(() => {
  const handlers = new Map<string, (event: unknown, message: unknown) => Promise<unknown>>()
  return { handlers, ipc: { current: null as EventEmitter | null } }
})
vi.mock('electron', async () => {
  const { EventEmitter } = await import('node:events')
  const ipcMain = Object.assign(new EventEmitter(), {
    handle: (channel: string, handler: (event: unknown, message: unknown) => Promise<unknown>) =>
      handlers.set(channel, handler),
    removeHandler: (channel: string) => handlers.delete(channel),
  })
  ipc.current = ipcMain
  return { ipcMain }
})

class Page extends EventEmitter {
  readonly id = 1
  readonly mainFrame: { url: string }
  readonly received: { channel: string; event: IpcEvent }[] = []
  private destroyed = false

  constructor(url = 'app://workbench/index.html') {
    super()
    this.mainFrame = { url }
  }
  isDestroyed(): boolean {
    return this.destroyed
  }
  destroy(): void {
    this.destroyed = true
    this.emit('destroyed')
  }
  send(channel: string, event: IpcEvent): void {
    this.received.push({ channel, event })
  }
  asSender(frame: { url: string } | null = this.mainFrame) {
    return { sender: this, senderFrame: frame }
  }
  call(message: unknown, frame: { url: string } | null = this.mainFrame): Promise<IpcAnswer> {
    return handlers.get('api:call')?.(this.asSender(frame), message) as Promise<IpcAnswer>
  }
  subscribe(message: unknown, frame: { url: string } | null = this.mainFrame): void {
    ipc.current?.emit('api:subscribe', this.asSender(frame), message)
  }
}

const LIST = { id: '1', type: 'query', path: 'studies.list', input: undefined }
let showcase: Showcase
let closeDoor: () => void
let page: Page

beforeAll(async () => {
  showcase = await openShowcase({ renderer: makeRenderer() })
  closeDoor = openIpcDoor(showcase.workbench, (url) => url.startsWith('app://workbench/'))
  await showcase.workbench.startStudy(await planSynthetic(SYNTHETIC_STUDY))
})
afterAll(async () => {
  closeDoor()
  await showcase.close()
})
beforeEach(() => {
  page = new Page()
})

describe('a call', () => {
  test('gives what the same call gives in this process', async () => {
    const answer = await page.call(LIST)
    const direct = await createCaller({ workbench: showcase.workbench }).studies.list()
    expect(answer.ok && (JSON.parse(answer.json) as { name: string }[]).map(({ name }) => name)).toEqual(
      direct.map(({ name }) => name),
    )
  })

  test('that is wrong is answered with its problems, and no stack', async () => {
    const answer = await page.call({ ...LIST, path: 'compare.study', input: { name: 'nobody' } })
    expect(answer).toMatchObject({ ok: false, error: { data: { code: 'BAD_REQUEST', problems: [{}] } } })
    expect(JSON.stringify(answer)).not.toContain('.ts:')
  })

  test.each([
    ['a frame inside the page', { url: 'app://workbench/index.html' }],
    ['no frame at all', null],
  ])('from %s is refused with an error', async (_who, frame) => {
    expect(await page.call(LIST, frame)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('may not') as string },
    })
  })

  test.each(['https://example.org/', 'file:///index.html', 'app://workbench.evil/', 'data:text/html,x'])(
    'from a page at %s is refused with an error',
    async (url) => {
      expect(await new Page(url).call(LIST)).toMatchObject({ ok: false })
    },
  )

  test.each([
    null,
    'studies.list',
    { ...LIST, type: 'subscription' },
    { ...LIST, path: 5 },
    { ...LIST, path: '__proto__.toString' },
    { ...LIST, path: 'no.such' },
    { ...LIST, extra: true },
    { ...LIST, type: 'mutation' },
    { ...LIST, id: undefined },
  ])('that is none (%j) is refused with an error', async (message) => {
    expect(await page.call(message)).toMatchObject({ ok: false })
  })
})

describe('a call that nobody waits for any more', () => {
  test('is told so, and leaves the next one of its name alone', async () => {
    const text = `name: long\nnotes: "${'long '.repeat(2_000)}"`
    const signals: (AbortSignal | undefined)[] = []
    const ask = vi
      .spyOn(showcase.workbench.drafts, 'ask')
      .mockImplementation((_type, _path, _input, about) => {
        signals.push(about?.signal)
        return new Promise((_resolve, reject) => {
          about?.signal?.addEventListener('abort', () => reject(new Error('nobody waits')))
        })
      })
    const answer = page.call({ ...LIST, path: 'studies.check', input: { text } })
    await vi.waitFor(() => expect(signals).toHaveLength(1))
    ipc.current?.emit('api:give-up', new Page('app://workbench/').asSender(), 'other')
    expect(signals[0]?.aborted).toBe(false)
    ipc.current?.emit('api:give-up', page.asSender(), '1')
    expect(await answer).toMatchObject({ ok: false })
    expect(signals[0]?.aborted).toBe(true)
    ask.mockRestore()
    expect(await page.call(LIST)).toMatchObject({ ok: true })
  })
})

describe('a subscription', () => {
  const events = (): IpcEvent[] => page.received.map(({ event }) => event)

  test('brings events with ids to resume from, until it is ended', async () => {
    page.subscribe({ id: 'a', path: 'events.stream', input: {} })
    await vi.waitFor(() => expect(events().length).toBeGreaterThan(3))
    expect(events()[0]).toMatchObject({ type: 'data', eventId: expect.stringMatching(/:\d+$/) as string })
    ipc.current?.emit('api:unsubscribe', page.asSender(), 'a')
    await vi.waitFor(() => expect(events().at(-1)?.type).toBe('end'))
    expect(page.listenerCount('destroyed')).toBe(0)
  })

  test('ends when the page goes away or is loaded anew', async () => {
    for (const gone of ['destroyed', 'did-navigate']) {
      page = new Page()
      page.subscribe({ id: 'b', path: 'events.stream', input: {} })
      await vi.waitFor(() => expect(events().length).toBeGreaterThan(0))
      if (gone === 'destroyed') page.destroy()
      else page.emit(gone)
      await vi.waitFor(() =>
        expect(page.listenerCount('destroyed') + page.listenerCount('did-navigate')).toBe(0),
      )
    }
  })

  test('from a foreign page gets an error and nothing else', async () => {
    page = new Page('https://example.org/')
    page.subscribe({ id: 'c', path: 'events.stream', input: {} })
    await vi.waitFor(() => expect(events().map(({ type }) => type)).toEqual(['error']))
  })

  test('to what is no stream gets an error', async () => {
    page.subscribe({ id: 'd', path: 'studies.list', input: undefined })
    await vi.waitFor(() => expect(events().map(({ type }) => type)).toEqual(['error']))
  })
})
