import { createTRPCClient, httpLink } from '@trpc/client'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { gzipSync } from 'node:zlib'
import { startHttpDoor } from '../../src-main/api/http'
import type { HttpDoor } from '../../src-main/api/http'
import { openIpcDoor } from '../../src-main/api/ipc'
import { createCaller } from '../../src-main/api/router'
import type { AppRouter } from '../../src-main/api/router'
import { InputError } from '../../src-main/errors'
import type { Bridge } from '../../src-main/preload'
import type { Workbench } from '../../src-main/workbench'
import { ipcLink } from '../../src-renderer/ipc-link'
import { unpackLink } from '../../src-renderer/unpack-link'
import { fillStudy, openShowcase, SYNTHETIC_STUDY } from '../e2e/showcase'
import type { Showcase } from '../e2e/showcase'
import { makeRenderer } from './served'

/** Both ends of Electron's IPC, with the structured clone that lies between them. */
const { wire } = vi.hoisted(() => {
  const wire: { bridge: unknown } = { bridge: null }
  return { wire }
})
vi.mock('electron', async () => {
  const { EventEmitter } = await import('node:events')
  type Handler = (event: unknown, message: unknown) => Promise<unknown>
  const handlers = new Map<string, Handler>()
  const ipcMain = Object.assign(new EventEmitter(), {
    handle: (channel: string, handler: Handler) => handlers.set(channel, handler),
    removeHandler: (channel: string) => handlers.delete(channel),
  })
  const page = new EventEmitter()
  const mainFrame = { url: 'app://workbench/index.html' }
  const sender = Object.assign(new EventEmitter(), {
    id: 1,
    mainFrame,
    isDestroyed: () => false,
    send: (channel: string, item: unknown) => page.emit(channel, {}, structuredClone(item)),
  })
  const event = { sender, senderFrame: mainFrame }
  const ipcRenderer = {
    invoke: async (channel: string, message: unknown) =>
      structuredClone(await handlers.get(channel)?.(event, structuredClone(message))),
    send: (channel: string, message: unknown) => ipcMain.emit(channel, event, structuredClone(message)),
    on: page.on.bind(page),
    off: page.off.bind(page),
  }
  const contextBridge = { exposeInMainWorld: (_name: string, bridge: unknown) => (wire.bridge = bridge) }
  return { ipcMain, ipcRenderer, contextBridge }
})

const STUDY = 'synthetic-mnist'
type Client = ReturnType<typeof createTRPCClient<AppRouter>>

let showcase: Showcase
let door: HttpDoor
let closeIpc: () => void
let clients: Record<'window' | 'browser', Client>
/** What the thread beside the workbench says. */
const ask = vi.fn<(type: string, path: string, input: unknown) => Promise<unknown>>()

beforeAll(async () => {
  showcase = await openShowcase({
    renderer: makeRenderer(),
    fill: (store) => fillStudy(store, SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')),
  })
  // Every study counts as one of very many runs.
  const answers = { isFor: () => true, ask }
  const workbench = Object.create(showcase.workbench, { answers: { value: answers } }) as Workbench
  closeIpc = openIpcDoor(workbench, (url) => url.startsWith('app://workbench/'))
  door = await startHttpDoor(workbench, { renderer: null })
  await import('../../src-main/preload')
  const headers = { authorization: `Bearer ${door.token}` }
  clients = {
    window: createTRPCClient<AppRouter>({ links: [unpackLink(), ipcLink(wire.bridge as Bridge)] }),
    browser: createTRPCClient<AppRouter>({
      links: [unpackLink(), httpLink({ url: `${door.address}/trpc`, headers })],
    }),
  }
})
afterAll(async () => {
  closeIpc()
  await door.close()
  await showcase.close()
})
beforeEach(() => void ask.mockReset())

const packed = (data: unknown) => ({ gzip: gzipSync(JSON.stringify(data)).toString('base64') })

describe.each(['window', 'browser'] as const)('what travels packed to a %s', (who) => {
  test('comes out as it was, letters of every kind with it, from a query and from a change', async () => {
    const direct = createCaller({ workbench: showcase.workbench })
    const comparison: unknown = JSON.parse(JSON.stringify(await direct.compare.study({ name: STUDY })))
    ask.mockResolvedValueOnce(packed(comparison))
    expect(await clients[who].compare.study.query({ name: STUDY })).toEqual(comparison)
    expect(ask).toHaveBeenCalledWith('query', 'compare.study', { name: STUDY }, { study: STUDY })

    const written = { folder: '/tmp/Ä ± 試 🎲', files: ['ratés.md'] }
    ask.mockResolvedValueOnce(packed(written))
    const wanted = { study: STUDY, formats: ['md' as const], figureFormats: [], folder: '/tmp/x' }
    expect(await clients[who].reports.write.mutate(wanted)).toEqual(written)
    const whole = { ...wanted, runFormats: [], metrics: false }
    expect(ask).toHaveBeenLastCalledWith('mutation', 'reports.write', whole, { study: STUDY })
  })

  test('is refused with its problems, and what is no JSON is an error, never an answer', async () => {
    ask.mockRejectedValueOnce(new InputError('found 3, expected a name', { field: 'name' }))
    await expect(clients[who].compare.study.query({ name: STUDY })).rejects.toMatchObject({
      message: expect.stringContaining('found 3, expected a name') as string,
      data: { code: 'BAD_REQUEST', httpStatus: 400, problems: [{ place: { field: 'name' } }] },
    })
    ask.mockResolvedValueOnce({ gzip: gzipSync('{"cut').toString('base64') })
    await expect(clients[who].compare.study.query({ name: STUDY })).rejects.toThrow()
    ask.mockResolvedValueOnce({ gzip: Buffer.from('not packed').toString('base64') })
    await expect(clients[who].compare.study.query({ name: STUDY })).rejects.toThrow()
  })

  test('is not waited for any longer once the page has gone on, and the next call is answered', async () => {
    let answer = (_packed: unknown): void => undefined
    ask.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)))
    const left = new AbortController()
    const waiting = clients[who].compare.study.query({ name: STUDY }, { signal: left.signal })
    await vi.waitFor(() => expect(ask).toHaveBeenCalledOnce())
    left.abort()
    await expect(waiting).rejects.toThrow()
    answer(packed({ late: true }))
    ask.mockResolvedValueOnce(packed({ line: 'next' }))
    expect(await clients[who].studies.verdict.query({ name: STUDY })).toEqual({ line: 'next' })
  })
})

test('a stream over the window’s door goes on from its cursor and misses nothing', async () => {
  const { annotations, store } = showcase.workbench
  const [run] = store.runIds({ study: STUDY, limit: 1 })
  const follow = (lastEventId?: string) => {
    const seen: { id: string; type: string }[] = []
    const onData = ({ id, data }: { id: string; data: { type: string } }): void =>
      void seen.push({ id, type: data.type })
    return { seen, ...clients.window.events.stream.subscribe({ lastEventId }, { onData }) }
  }
  const first = follow()
  await vi.waitFor(() => expect(first.seen.map(({ type }) => type)).toEqual(['reset']))
  annotations.tag('one', [run!], true)
  await vi.waitFor(() => expect(first.seen.at(-1)?.type).toBe('annotations-changed'))
  first.unsubscribe()

  annotations.tag('two', [run!], true)
  annotations.tag('three', [run!], true)
  const again = follow(first.seen.at(-1)?.id)
  await vi.waitFor(() => expect(again.seen).toHaveLength(2))
  expect(again.seen.map(({ type }) => type)).toEqual(['annotations-changed', 'annotations-changed'])
  again.unsubscribe()
  expect(first.seen).toHaveLength(2)
})
