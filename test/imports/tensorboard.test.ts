import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readImport } from '../../src-main/imports/read-import'
import { crc32c, maskedCrc32c } from '../../src-main/imports/crc32c'
import { readTfRecords } from '../../src-main/imports/tfrecord'
import { EXPECTED, FIXTURES, lossOf, narrowed, pointsOf, validationOf } from './expected'
import { record, refusal, scratch } from './files'

const { file, folder } = scratch()

describe('CRC-32C', () => {
  // RFC 3720, B.4.
  it.each([
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    [Buffer.from('123456789'), 0xe3069283],
  ])('is right for known bytes (%#)', (bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc)
  })
})

describe('TFRecord', () => {
  const records = [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(70_000, 7)]
  const whole = Buffer.concat(records.map(record))
  const read = async (bytes: Buffer, skipDamaged = false) => {
    const taken: string[] = []
    const result = await readTfRecords(
      file('x.tfevents.1', bytes),
      (data) => taken.push(data.toString('hex')),
      { skipDamaged },
    )
    return { ...result, taken }
  }
  const hex = records.map((data) => data.toString('hex'))

  it('gives every record of a whole file', async () => {
    expect(await read(whole)).toEqual({ taken: hex, tornBytes: 0, damaged: [] })
    expect(await read(Buffer.alloc(0))).toEqual({ taken: [], tornBytes: 0, damaged: [] })
  })

  it('cut off anywhere in its last record, gives all before it and counts the bytes', async () => {
    const before = whole.length - record(records[2]!).length
    for (const bytes of [1, 8, 11, 12, 13, 40_000, 70_000, 70_012, 70_015]) {
      expect(await read(whole.subarray(0, before + bytes))).toEqual({
        taken: hex.slice(0, 2),
        tornBytes: bytes,
        damaged: [],
      })
    }
  })

  it('with a flipped bit in its data, is refused with the place, or that record passed over by choice', async () => {
    const bytes = Buffer.from(whole)
    bytes[13]! ^= 4
    await expect(read(bytes)).rejects.toThrow('byte 0: a record does not match its checksum')
    expect(await read(bytes, true)).toEqual({ taken: hex.slice(1), tornBytes: 0, damaged: [0] })
  })

  it('with a flipped bit in a length, is read up to there and never beyond', async () => {
    const at = record(records[0]!).length
    for (const bit of [at, at + 7, at + 9]) {
      const bytes = Buffer.from(whole)
      bytes[bit]! ^= 1
      await expect(read(bytes)).rejects.toThrow(`byte ${at}: the length of a record does not match`)
      expect(await read(bytes, true)).toEqual({
        taken: hex.slice(0, 1),
        tornBytes: whole.length - at,
        damaged: [at],
      })
    }
  })

  it('that claims an absurd length is torn there, and nothing of that size is asked for', async () => {
    for (const length of [2n ** 63n, 2n ** 64n - 1n, 10n ** 12n]) {
      const head = Buffer.alloc(12)
      head.writeBigUInt64LE(length)
      head.writeUInt32LE(maskedCrc32c(head.subarray(0, 8)), 8)
      expect(await read(Buffer.concat([record(records[0]!), head, Buffer.alloc(100)]))).toMatchObject({
        taken: hex.slice(0, 1),
        tornBytes: 112,
      })
    }
  })
})

describe('TensorBoard folders', () => {
  it('of tensorboardX give runs with scalars and hyperparameters', async () => {
    const read = await readImport([join(FIXTURES, 'tensorboardx')])
    expect(read.runs).toHaveLength(8)
    expect(read.mapping).toMatchObject({
      fields: { learning_rate: 'lr', seed: 'seed', setting: 'setting' },
      metrics: {
        'train/loss': 'train/loss',
        'val/accuracy': 'val/accuracy',
        'test/accuracy': 'test/accuracy',
      },
    })
    for (const run of EXPECTED) {
      expect(pointsOf(read, run, 'train/loss')).toEqual(narrowed(lossOf(run)))
      expect(pointsOf(read, run, 'val/accuracy')).toEqual(narrowed(validationOf(run)))
      expect(pointsOf(read, run, 'test/accuracy')).toEqual(narrowed([[40, run.test]]))
    }
    expect(read.runs[0]).toMatchObject({
      state: 'finished',
      bestStep: 40,
      steps: 40,
      config: { imported: { from: 'tensorboard', run: 'frozen-pretrained-lr0.0001-s0' } },
    })
    expect(Array.from(read.runs[0]!.points[0]!.times).slice(0, 2)).toEqual([1700000001000, 1700000002000])
    expect(read.unmapped).toEqual({ fields: ['nesterov'], metrics: ['hparam/accuracy'] })
    expect(read.remarks.filter((remark) => !/without a (task|model)/.test(remark))).toEqual([
      '2 tags hold no scalars: notes/text_summary, weights',
    ])
  })

  it('of TensorBoard itself give scalars that are tensors; a restart replaces what it repeats', async () => {
    const mapping = file('mapping.yaml', 'metrics: { train/loss: epoch_loss }\n')
    const read = await readImport([join(FIXTURES, 'tensorboard')], { mapping })
    for (const run of EXPECTED.slice(0, 4)) {
      const again = lossOf(run).map(([step, loss]): [number, number] => [step, step > 30 ? loss + 1 : loss])
      expect(pointsOf(read, run, 'train/loss')).toEqual(narrowed(again))
      expect(pointsOf(read, run, 'val/accuracy')).toEqual(narrowed(validationOf(run)))
    }
    expect(read.runs).toHaveLength(4)
    expect(read.runs[0]?.startedAt).toBe('2023-11-14T22:13:20.000Z')
  })

  it('give the fields of a template where they have no hyperparameters', async () => {
    const source = join(FIXTURES, 'tensorboardx', 'frozen-pretrained-lr0.001-s1')
    const [name] = readdirSync(source).filter((entry) => entry.includes('tfevents'))
    mkdirSync(join(folder(), 'logs/mnist/frozen-random+lr3e-4+7/validation'), { recursive: true })
    cpSync(join(source, name!), join(folder(), 'logs/mnist/frozen-random+lr3e-4+7/validation', name!))
    const mapping = file(
      'm.yaml',
      'name: "{task}/{setting}+lr{learning_rate}+{seed}"\nmetrics: { val/accuracy: validation/val/accuracy }\n',
    )
    const read = await readImport([join(folder(), 'logs')], { mapping })
    expect(read.runs).toMatchObject([
      { task: 'mnist', setting: 'frozen-random', config: { learning_rate: 3e-4, seed: 7 } },
    ])
  })

  it('that are still written, or were cut off, are read as far as they go', async () => {
    const source = join(FIXTURES, 'tensorboardx', 'frozen-pretrained-lr0.001-s1')
    cpSync(source, join(folder(), 'run'), { recursive: true })
    const [name] = readdirSync(source).filter((entry) => entry.includes('tfevents'))
    const bytes = readFileSync(join(source, name!))
    writeFileSync(join(folder(), 'run', name!), bytes.subarray(0, 1500))
    const read = await readImport([join(folder(), 'run')])
    expect(read.remarks[0]).toBe(`the last record is torn in 1 of 2 files: ${name}`)
    expect(read.runs[0]!.steps).toBeLessThan(40)
    expect(read.runs[0]!.steps).toBeGreaterThan(10)
  })

  it('are never left by a link', async () => {
    mkdirSync(join(folder(), 'logs'))
    symlinkSync(join(FIXTURES, 'tensorboardx'), join(folder(), 'logs/outside'))
    expect(await refusal([join(folder(), 'logs')])).toContain('holds nothing that can be imported')
    cpSync(join(FIXTURES, 'tensorboardx', 'frozen-pretrained-lr0.001-s1'), join(folder(), 'logs/run'), {
      recursive: true,
    })
    const read = await readImport([join(folder(), 'logs')])
    expect(read.runs).toHaveLength(1)
    expect(read.remarks).toContain('1 links are not followed')
  })

  it('with a record that is no event are refused with its place', async () => {
    const good = record(Buffer.from([0x09, 0, 0, 0, 0, 0, 0, 0, 0]))
    const path = file(
      'events.out.tfevents.1',
      Buffer.concat([
        good,
        record(Buffer.from('\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1')),
      ]),
    )
    expect(await refusal([path])).toMatch(
      /^events\.out\.tfevents\.1: byte 25: a record is no TensorBoard event/,
    )
  })

  it('without any scalar say so', async () => {
    expect(await refusal([file('events.out.tfevents.1', record(Buffer.from([0x10, 1])))])).toContain(
      'no runs',
    )
  })

  it('beside pickles leave those alone, and say so where there is nothing else', async () => {
    expect(await refusal([file('training_args.bin', 'x')])).toContain(
      'training_args.bin may hold Python objects, which are never opened',
    )
  })
})
