import { availableParallelism } from 'node:os'
import { beforeAll, describe, expect, it } from 'vitest'
import { examine, tf, type EngineReport } from '../../src-main/engine'
import { installation } from '../../src-main/installation'

describe('examine()', () => {
  let report: EngineReport
  let tensorsBefore: number
  beforeAll(async () => {
    tensorsBefore = tf.memory().numTensors
    report = await examine()
  })

  it('names the engine, its versions and its threads', () => {
    expect(report.engine).toMatchObject({ name: 'tensorflow', threads: availableParallelism() })
    expect(report.engine.versions).toMatchObject({ node: process.versions.node, tfjs: '4.22.0' })
  })

  it('lists the CPU with its threads first', () => {
    expect(report.devices[0]).toMatchObject({ kind: 'cpu' })
    expect(report.devices[0]?.detail).toMatch(/^\d+ threads, \d+ GiB$/)
  })

  it('measures a speed that a CPU can have and wasm cannot, and leaves no tensor behind', () => {
    expect(report.gflops).toBeGreaterThan(5)
    expect(tf.memory().numTensors).toBe(tensorsBefore)
  })

  it('knows what the parts of the cache take', () => {
    expect(report.cache.folder).toBe(installation.cache)
    const bytes = new Map(report.cache.parts.map((part) => [part.name, part.bytes]))
    expect(bytes.get('tensorflow')).toBeGreaterThan(500e6)
    expect(bytes.get('models')).toBeGreaterThan(80e6)
  })

  it('misses nothing after set-up on a machine without an NVIDIA GPU', () => {
    if (report.devices.some(({ kind }) => kind === 'gpu')) return
    expect(report.missing).toEqual([])
  })
})
