import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { announceDoor, findDoor } from '../../src-main/workspace/door'
import { findOwner, recordOwner } from '../../src-main/workspace/owner'

let workspace: string
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'fairsweep-owner-'))
})
afterEach(() => rmSync(workspace, { recursive: true, force: true }))

const ownerFile = (): string => join(workspace, 'owner', 'owner.json')

function rewriteOwner(change: Record<string, unknown>): void {
  const owner = JSON.parse(readFileSync(ownerFile(), 'utf8')) as Record<string, unknown>
  writeFileSync(ownerFile(), JSON.stringify({ ...owner, ...change }))
}

it('an owner is found while it lives and until it lets go', () => {
  expect(findOwner(workspace)).toBeNull()
  const release = recordOwner(workspace, 'fairsweep run mnist')
  expect(findOwner(workspace)).toMatchObject({ pid: process.pid, what: 'fairsweep run mnist' })
  release()
  expect(findOwner(workspace)).toBeNull()
})

it('an owner that died, whose pid was reused, or that lived before the last boot is not believed', async () => {
  recordOwner(workspace, 'fairsweep serve')
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  rewriteOwner({ pid: child.pid })
  expect(findOwner(workspace)).toBeNull() // alive, but started at another moment than the owner
  rewriteOwner({ pid: process.pid, bootId: 'another' })
  expect(findOwner(workspace)).toBeNull()
  rewriteOwner({ pid: process.pid })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
  rewriteOwner({ pid: child.pid, processStart: null })
  expect(findOwner(workspace)).toBeNull()
})

it('a damaged owner file means no owner', () => {
  recordOwner(workspace, 'fairsweep serve')
  writeFileSync(ownerFile(), '{"pid":')
  expect(findOwner(workspace)).toBeNull()
})

it('the door with its token is readable by this user alone, and believed only while the owner lives', () => {
  const release = recordOwner(workspace, 'fairsweep serve')
  const close = announceDoor(workspace, { address: 'http://127.0.0.1:4000', token: 'secret' })
  expect(findDoor(workspace)).toEqual({ address: 'http://127.0.0.1:4000', token: 'secret' })
  expect(statSync(join(workspace, 'owner', 'door.json')).mode & 0o777).toBe(0o600)
  expect(statSync(join(workspace, 'owner')).mode & 0o777).toBe(0o700)
  release()
  expect(findDoor(workspace)).toBeNull()
  close()
})
