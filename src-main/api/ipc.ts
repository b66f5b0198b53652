import {
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  isTrackedEnvelope,
} from '@trpc/server'
import { ipcMain } from 'electron'
import type { IpcMainEvent, IpcMainInvokeEvent, WebContents } from 'electron'
import { z } from 'zod'
import type { Workbench } from '../workbench'
import { appRouter } from './router'

/** What the preload sends for one call, and for the start of one subscription. */
const idSchema = z.string().min(1).max(100)
const subscriptionSchema = z.strictObject({ id: idSchema, path: z.string().max(200), input: z.unknown() })
const callSchema = subscriptionSchema.extend({ type: z.enum(['query', 'mutation']) })

/** The answer to a call: JSON text, so that both doors lose and keep exactly the same things. */
export type IpcAnswer =
  { readonly ok: true; readonly json: string } | { readonly ok: false; readonly error: unknown }

export type IpcEvent =
  | { readonly type: 'data'; readonly eventId: string | null; readonly json: string }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly error: unknown }

/**
 * Opens the workbench to windows of this process. Messages are served only from top frames at our own address; any
 * other sender is answered with an error. Returns how to close the door.
 */
export function openIpcDoor(workbench: Workbench, isOurs: (url: string) => boolean): () => void {
  const running = new Map<string, AbortController>()
  const calls = new Map<string, AbortController>()
  const refuse = refusal(isOurs)

  ipcMain.handle('api:call', async (event, message: unknown): Promise<IpcAnswer> => {
    try {
      refuse(event)
      const { id, type, path, input } = callSchema.parse(message)
      const [key, controller] = [keyOf(event.sender, id), new AbortController()]
      calls.set(key, controller)
      try {
        return { ok: true, json: asJson(await call(workbench, type, path, input, controller.signal)) }
      } finally {
        if (calls.get(key) === controller) calls.delete(key)
      }
    } catch (error) {
      return { ok: false, error: shapeOf(error) }
    }
  })

  ipcMain.on('api:give-up', (event, message: unknown) => {
    const id = idSchema.safeParse(message)
    if (id.success) calls.get(keyOf(event.sender, id.data))?.abort()
  })

  ipcMain.on('api:subscribe', (event, message: unknown) => {
    void serve(workbench, event, message, running, refuse)
  })

  ipcMain.on('api:unsubscribe', (event, message: unknown) => {
    const id = idSchema.safeParse(message)
    if (id.success) running.get(keyOf(event.sender, id.data))?.abort()
  })

  return () => {
    ipcMain.removeHandler('api:call')
    ipcMain.removeAllListeners('api:give-up')
    ipcMain.removeAllListeners('api:subscribe')
    ipcMain.removeAllListeners('api:unsubscribe')
    for (const controller of running.values()) controller.abort()
  }
}

async function serve(
  workbench: Workbench,
  event: IpcMainEvent,
  message: unknown,
  running: Map<string, AbortController>,
  refuse: (event: IpcMainEvent) => void,
): Promise<void> {
  const asked = subscriptionSchema.safeParse(message)
  if (!asked.success) return
  const { id, path, input } = asked.data
  const { sender } = event
  const key = keyOf(sender, id)
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const send = (item: IpcEvent): void => {
    if (!sender.isDestroyed()) sender.send(`api:event:${id}`, item)
  }
  running.get(key)?.abort()
  running.set(key, controller)
  sender.once('destroyed', abort)
  sender.once('did-navigate', abort)
  try {
    refuse(event)
    const stream = await call(workbench, 'subscription', path, input, controller.signal)
    for await (const item of stream as AsyncIterable<unknown>) {
      const [eventId, data] = isTrackedEnvelope(item) ? item : [null, item]
      send({ type: 'data', eventId, json: asJson(data) })
    }
    send({ type: 'end' })
  } catch (error) {
    send({ type: 'error', error: shapeOf(error) })
  } finally {
    sender.off('destroyed', abort)
    sender.off('did-navigate', abort)
    if (running.get(key) === controller) running.delete(key)
  }
}

function call(
  workbench: Workbench,
  type: 'query' | 'mutation' | 'subscription',
  path: string,
  input: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  return callTRPCProcedure({
    router: appRouter,
    path,
    type,
    getRawInput: () => Promise.resolve(input),
    ctx: { workbench, unpacks: true },
    signal,
    batchIndex: 0,
  })
}

function refusal(isOurs: (url: string) => boolean): (event: IpcMainEvent | IpcMainInvokeEvent) => void {
  return ({ senderFrame, sender }) => {
    if (senderFrame === null || senderFrame !== sender.mainFrame || !isOurs(senderFrame.url)) {
      throw new Error('this page may not use the workbench')
    }
  }
}

function shapeOf(unknown: unknown): unknown {
  const error = getTRPCErrorFromUnknown(unknown)
  return getTRPCErrorShape({
    config: appRouter._def._config,
    error,
    type: 'unknown',
    path: undefined,
    input: undefined,
    ctx: undefined,
  })
}

const keyOf = (sender: WebContents, id: string): string => `${sender.id}:${id}`
const asJson = (value: unknown): string => JSON.stringify(value ?? null)
