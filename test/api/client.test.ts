import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answered, clientOf, localClient, OwnerRefusedError } from '../../src-main/api/client'
import { openOwnerDoor } from '../../src-main/api/owner-door'
import type { HttpDoor } from '../../src-main/api/http'
import { runProgram } from '../../src-main/cli/program'
import { InputError, InputErrors } from '../../src-main/errors'
import { channelsTo } from '../../src-main/queue/channel'
import { openWorkbench } from '../../src-main/workbench'
import type { Workbench } from '../../src-main/workbench'
import { findDoor } from '../../src-main/workspace/door'
import { tinyStudy, writeTinyImages } from '../e2e/tiny-study'

const openWorker = channelsTo(join(import.meta.dirname, '../queue/fake-worker.mjs'))
let folder: string
let workspace: string
let workbench: Workbench
let door: HttpDoor

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-client-'))
  workspace = join(folder, 'workspace')
  writeTinyImages(join(folder, 'images'), { train: 40, test: 8 })
  workbench = await openWorkbench({ workspace, access: 'owner', openWorker })
  door = await openOwnerDoor(workbench)
})
afterEach(async () => {
  await door.close()
  await workbench.close()
  rmSync(folder, { recursive: true, force: true })
})

function connect() {
  const found = findDoor(workspace)
  if (found === null) throw new Error('the owner has no door')
  return clientOf(found)
}

describe('the owner of a workspace, asked by another process', () => {
  it('is found by a file that nobody else may read, and not after its door is shut', async () => {
    expect(findDoor(workspace)).toEqual({ address: door.address, token: door.token })
    expect(statSync(join(workspace, 'owner/door.json')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(workspace, 'owner/door.json'), 'utf8')).toContain('http://127.0.0.1:')
    await door.close()
    expect(findDoor(workspace)).toBeNull()
  })

  it('trains a study whose relative paths start at its file, and tells of it as it happens', async () => {
    const client = connect()
    const heard: string[] = []
    const complete = new Promise<void>((resolve, reject) => {
      client.events.stream.subscribe(
        {},
        {
          onData: ({ data }) => {
            heard.push(data.type)
            if (data.type === 'study-changed' && data.state === 'complete') resolve()
          },
          onError: reject,
        },
      )
    })
    const text = tinyStudy({ training: '{batch_size: 4, max_steps: 3}' })
    const file = join(folder, 'study.yaml')
    // Elsewhere there are no such images.
    await expect(
      answered(client.studies.start.mutate({ text, file: '/nowhere/study.yaml' })),
    ).rejects.toThrow(InputError)
    expect(await client.studies.start.mutate({ text, file })).toEqual({ name: 'tiny' })
    await complete
    expect(heard[0]).toBe('reset')
    expect(heard).toContain('run-changed')
    expect(await client.studies.list.query()).toMatchObject([{ name: 'tiny', state: 'complete' }])
  })

  it('says what is wrong as it would here: the same errors, one a problem, with their places', async () => {
    for (const client of [connect(), localClient(workbench)]) {
      const unknown = answered(client.studies.stop.mutate({ name: 'nothing' }))
      await expect(unknown).rejects.toThrow(InputError)
      await expect(unknown).rejects.toThrow("no study 'nothing'")
      const wrong = answered(
        client.studies.start.mutate({ text: tinyStudy({ seeds: 'many', patience: '1' }) }),
      )
      await expect(wrong).rejects.toThrow(InputErrors)
      await expect(wrong).rejects.toMatchObject({
        errors: expect.arrayContaining([
          expect.objectContaining({ place: expect.objectContaining({ field: 'seeds' }) as unknown }),
        ]) as unknown,
      })
    }
  })

  it('takes a model that a command adds, and its pages hear of it', async () => {
    const told: string[] = []
    workbench.subscribe(({ type }) => told.push(type))
    const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    const asked = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const tiny = join(import.meta.dirname, '../parity/tiny-bert')
    const run = (...args: string[]) => runProgram(['models', ...args, '--workspace', workspace])
    expect(await run('add', tiny)).toBe(0)
    expect((await workbench.library.models()).map(({ name }) => name)).toContain('tiny-bert')
    expect(told).toContain('library-changed')
    expect(await run('remove', 'tiny-bert')).toBe(0)
    expect((await workbench.library.models()).map(({ name }) => name)).not.toContain('tiny-bert')
    const words = said.mock.calls.map(([text]) => String(text)).join('')
    said.mockRestore()
    asked.mockRestore()
    expect(words).toBe('tiny-bert is installed; studies name it as model: tiny-bert\ntiny-bert is removed\n')
  })

  it('refuses a token that is not its own', async () => {
    const stranger = clientOf({ address: door.address, token: 'guessed' })
    await expect(answered(stranger.studies.list.query())).rejects.toThrow(OwnerRefusedError)
  })
})
