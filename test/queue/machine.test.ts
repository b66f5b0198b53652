import { describe, expect, it } from 'vitest'
import { MachineGauge, parseGpus } from '../../src-main/queue/machine'

describe('what nvidia-smi prints', () => {
  it('is read by its columns, memory in bytes and use as a share', () => {
    expect(
      parseGpus('0, NVIDIA H100 80GB HBM3, 87, 40536, 81559, 61\n1, Tesla T4, 0, 3, 15360, 33\n'),
    ).toEqual([
      {
        index: 0,
        name: 'NVIDIA H100 80GB HBM3',
        use: 0.87,
        memoryUsed: 40536 * 2 ** 20,
        memoryTotal: 81559 * 2 ** 20,
        temperature: 61,
      },
      expect.objectContaining({ index: 1, name: 'Tesla T4', use: 0, temperature: 33 }),
    ])
  })

  it('may leave out what the driver does not tell, and a name may hold a comma', () => {
    expect(parseGpus('2, GRID, virtual, [N/A], [Not Supported], 4096, [N/A]')).toEqual([
      {
        index: 2,
        name: 'GRID, virtual',
        use: null,
        memoryUsed: null,
        memoryTotal: 4096 * 2 ** 20,
        temperature: null,
      },
    ])
  })

  it('may be nothing', () => expect(parseGpus('\n')).toEqual([]))
})

it('the load of this process is told from the second look on, and a worker that is gone is left out', async () => {
  const gauge = new MachineGauge()
  const first = await gauge.read([999_999_999])
  expect(first.processes).toEqual([
    { pid: process.pid, kind: 'program', memory: expect.any(Number) as number, cores: null },
  ])
  const until = performance.now() + 60
  while (performance.now() < until);
  const [own] = (await gauge.read([])).processes
  expect(own?.cores).toBeGreaterThan(0)
  expect(first.memory.free).toBeLessThanOrEqual(first.memory.total)
  expect(first.processor.cores).toBeGreaterThan(0)
})
