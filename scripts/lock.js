import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * One set-up at a time per cache. The lock is a file with the owner's process id; the lock of a process that is
 * gone is taken over. Should two ever slip through, no harm is done: all that set-up makes is renamed into place.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(owner: number) => void} onWait called once, when another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(file, work, onWait) {
  mkdirSync(dirname(file), { recursive: true })
  let waited = false
  while (!tryLock(file)) {
    const owner = readOwner(file)
    if (owner !== null && !isAlive(owner)) {
      bury(file)
      continue
    }
    if (!waited && owner !== null) {
      waited = true
      onWait(owner)
    }
    await delay(200)
  }
  const release = () => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    process.removeListener('exit', release)
    release()
  }
}

/** @param {string} file */
function tryLock(file) {
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false
    throw error
  }
}

/**
 * The process that holds the lock; null when there is none, or it has not written its id yet.
 * @param {string} file
 */
function readOwner(file) {
  try {
    const owner = Number.parseInt(readFileSync(file, 'utf8'), 10)
    return Number.isSafeInteger(owner) ? owner : null
  } catch {
    return null
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * Removes a dead owner's lock; of several that try, one succeeds.
 * @param {string} file
 */
function bury(file) {
  const grave = `${file}.${process.pid}`
  try {
    renameSync(file, grave)
    rmSync(grave, { force: true })
  } catch {
    // Another process was faster.
  }
}
