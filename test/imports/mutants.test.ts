import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src-main/errors'
import { readImport } from '../../src-main/imports/read-import'
import { StoreError } from '../../src-main/store/store'
import { processorTime } from '../processor-time'
import { FIXTURES } from './expected'
import { record, scratch } from './files'

const { folder } = scratch()

/** More of them on request: IMPORT_MUTANTS=10000 npx vitest run test/imports/mutants.test.ts */
const MUTANTS = Number(process.env['IMPORT_MUTANTS'] ?? 60)
const SLOWEST_MS = 2000
/** Its records are spoiled, not their checksums. */
const SOUND = 'sound.tfevents.1'

const eventFile = (): Buffer => {
  const run = join(FIXTURES, 'tensorboard/frozen-pretrained-lr0.0001-s0')
  return readFileSync(join(run, readdirSync(run)[0]!))
}

const FILES: readonly (readonly [name: string, bytes: () => Buffer])[] = [
  ['events.out.tfevents.1', eventFile],
  [SOUND, eventFile],
  ['run.wandb', () => readFileSync(join(FIXTURES, 'wandb/run-0.wandb'))],
  ['mlflow.db', () => gunzipSync(readFileSync(join(FIXTURES, 'mlflow-database/mlflow.db.gz')))],
  [
    'trainer_state.json',
    () => readFileSync(join(FIXTURES, 'trainer/frozen-pretrained-lr0.0001-s0/trainer_state.json')),
  ],
  [
    'runs.csv',
    () =>
      Buffer.from('id,setting,lr,seed,val_acc,state\nA,"a, b",1e-3,0,0.5,finished\nB,c,1e-4,1,50%,failed\n'),
  ],
  [
    'history.jsonl',
    () => Buffer.from('{"_step": 1, "val_loss": NaN}\n{"_step": 2, "val_loss": 0.5, "x": {"y": [1]}}\n'),
  ],
]

/** The records of an event file, each spoiled and framed anew, so that its checksum is right. */
function soundMutant(bytes: Buffer, draw: (below: number) => number): Buffer {
  const records: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at))
    const data = bytes.subarray(at + 12, at + 12 + length)
    records.push(record(draw(4) === 0 && length > 0 ? mutant(data, draw) : data))
    at += 16 + length
  }
  return Buffer.concat(records)
}

/** A few bytes changed, a piece cut out, doubled or filled: what happens to files. */
function mutant(bytes: Buffer, draw: (below: number) => number): Buffer {
  const at = draw(bytes.length)
  const end = Math.min(bytes.length, at + 1 + draw(64))
  switch (draw(5)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)])
    case 2:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)])
    case 3:
      return Buffer.from(bytes).fill(draw(256), at, end)
    default: {
      const copy = Buffer.from(bytes)
      for (let flip = 0; flip <= draw(4); flip++) copy[draw(copy.length)]! ^= 1 << draw(8)
      return copy
    }
  }
}

describe.each(FILES)('%s, however it is spoiled', (name, original) => {
  it('is read or refused in words, in time', async () => {
    const random = xoroshiro128plus(name.length)
    const draw = (below: number): number => (random.next() >>> 0) % Math.max(1, below)
    const bytes = original()
    const spoil = name === SOUND ? soundMutant : mutant
    const path = join(folder(), name)
    for (let i = 0; i < MUTANTS; i++) {
      writeFileSync(path, spoil(bytes, draw))
      const start = processorTime()
      for (const skipDamaged of [false, true]) {
        const error: unknown = await readImport([path], { skipDamaged }).then(
          () => null,
          (reason: unknown) => reason,
        )
        const isInWords = error === null || error instanceof InputError || error instanceof StoreError
        if (!isInWords) throw new Error(`mutant ${i} of ${name}`, { cause: error })
      }
      expect(processorTime() - start).toBeLessThan(SLOWEST_MS)
    }
  })
})
