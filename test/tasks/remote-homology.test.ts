import { cp, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { homologyFiles } from '../../src-main/library/homology-files'
import { openTask } from '../../src-main/tasks'
import { openLmdb } from '../../src-main/tasks/lmdb'
import { readPickle } from '../../src-main/tasks/pickle'
import type { Split, Task } from '../../src-main/tasks/task'

const FIXTURES = join(import.meta.dirname, 'homology')
const TRAIN = 'remote_homology_train.lmdb/data.mdb'

async function open(
  options: object = {},
  dir = FIXTURES,
  holdout = 'fold',
  unpackTo: string | null = null,
): Promise<Task> {
  const files = await homologyFiles(dir, holdout)
  return openTask({ kind: 'remote-homology', options: { max_length: 1024, ...options }, files }, unpackTo)
}
/** A copy of the files that may be damaged. */
async function copy(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'fairsweep-homology-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  await cp(FIXTURES, dir, { recursive: true })
  return dir
}

interface Protein {
  readonly primary: string
  readonly fold_label: number
}
const proteins = async (split: string): Promise<Protein[]> =>
  JSON.parse(await readFile(join(FIXTURES, `remote_homology_${split}.json`), 'utf8')) as Protein[]

/** TAPE's numbers: <cls> 2, <sep> 3, A 5, B 6 … I 13, K 14 … Z 29. */
const LETTERS = 'ABCDEFGHIKLMNOPQRSTUVWXYZ'
function texts(split: Split): string[] {
  const { x, lengths, size } = split.batch(Array.from({ length: split.size }, (_, i) => i))
  const tokens = x.length / size
  return Array.from({ length: size }, (_, i) => {
    const row = Array.from(x.slice(i * tokens, (i + 1) * tokens))
    const length = lengths?.[i] ?? row.length
    expect([row[0], row[length - 1]]).toEqual([2, 3])
    expect(row.slice(length).every((token) => token === 0)).toBe(true)
    return row
      .slice(1, length - 1)
      .map((token) => LETTERS[token - 5])
      .join('')
  })
}

describe('remote homology', () => {
  it("reads TAPE's LMDB: every protein and fold, in the order of its numbers", async () => {
    const { train, input, output } = await open()
    const expected = await proteins('train')
    expect(texts(train)).toEqual(expected.map(({ primary }) => primary))
    expect(Array.from(train.batch(expected.map((_, i) => i)).y)).toEqual(
      expected.map(({ fold_label: fold }) => fold),
    )
    const longest = Math.max(...expected.map(({ primary }) => primary.length)) + 2
    expect(input).toEqual({
      ...{ kind: 'tokens', tokens: longest, vocabulary: 30, padded: true, positionsBeyond: 'refused' },
    })
    expect(output).toEqual({ kind: 'classes', count: 1195 })
  })

  it('gives the same from the JSON export', async () => {
    const dir = await copy()
    await rm(join(dir, 'remote_homology_train.lmdb'), { recursive: true })
    const [lmdb, json] = [await open(), await open({}, dir)]
    const indices = Array.from({ length: 60 }, (_, i) => i)
    expect(json.train.batch(indices)).toEqual(lmdb.train.batch(indices))
  })

  it('takes the tokens out of the files once, whatever lengths are kept, and reads them there', async () => {
    const dir = await copy()
    const unpackTo = join(dir, 'unpacked')
    const first = await open({}, dir, 'fold', unpackTo)
    expect(await readdir(unpackTo)).toHaveLength(3)
    const short = await open({ max_length: 50 }, dir, 'fold', unpackTo)
    expect(await readdir(unpackTo)).toHaveLength(3)
    expect(texts(first.train)).toEqual((await proteins('train')).map(({ primary }) => primary))
    expect(short.test.batch([0])).toEqual((await open({ max_length: 50 })).test.batch([0]))
    expect(first.notes).toEqual([])
  })

  it('has a validation split of its own, and the test set that is asked for', async () => {
    const task = await open()
    expect(task.validation && texts(task.validation)).toEqual(
      (await proteins('valid')).map(({ primary }) => primary),
    )
    for (const holdout of ['fold', 'superfamily', 'family'] as const) {
      const { test } = await open({}, FIXTURES, holdout)
      expect(texts(test)).toEqual((await proteins(`test_${holdout}_holdout`)).map(({ primary }) => primary))
    }
  })

  it('leaves out longer proteins than it is told to keep, and says how many', async () => {
    const { train, input, notes } = await open({ max_length: 50 })
    const kept = (await proteins('train')).filter(({ primary }) => primary.length + 2 <= 50)
    expect(texts(train)).toEqual(kept.map(({ primary }) => primary))
    expect(input.tokens).toBeLessThanOrEqual(50)
    expect(notes?.[0]).toBe(`${60 - kept.length} of 60 train proteins are longer than 50 tokens and left out`)
    expect((await open()).notes).toEqual([])
    await expect(open({ max_length: 3 })).rejects.toThrow(/holds no protein of at most 3 tokens/)
  })

  it('shows padding where it is to be attended to', async () => {
    const task = await open({ padding: 'attended' })
    expect(task.input).not.toHaveProperty('padded')
    expect(task.train.batch([0]).lengths).toBe(null)
  })

  it('is padded by length where batches are made so, to the longest where not', async () => {
    const [byLength, mixed] = [await open({ batches: 'by-length' }), await open({ batches: 'mixed' })]
    expect(mixed.input).not.toHaveProperty('paddedTo')
    expect(await open()).toHaveProperty('input', mixed.input)
    const { paddedTo = [], tokens } = byLength.input
    expect(paddedTo.at(-1)?.tokens).toBe(tokens)
    const [{ tokens: shortest } = { tokens: 0 }] = paddedTo
    const lengths = (await byLength.train.lengths?.()) ?? new Int32Array()
    const short = Array.from(lengths.keys()).filter((i) => (lengths[i] ?? 0) <= shortest)
    expect(short.length).toBeGreaterThan(1)
    const [cut, whole] = [byLength.train.batch(short, shortest), mixed.train.batch(short)]
    expect(cut.x).toHaveLength(short.length * shortest)
    expect(cut).toMatchObject({ y: whole.y, lengths: whole.lengths })
    short.forEach((example, i) => {
      const real = lengths[example] ?? 0
      expect(cut.x.slice(i * shortest, i * shortest + real)).toEqual(
        whole.x.slice(i * tokens, i * tokens + real),
      )
    })
  })

  it('names what is missing, and where it is to be had', async () => {
    await expect(homologyFiles(undefined, 'fold')).rejects.toThrow(/task.dir: .*songlab-cal\/tape/)
    await expect(homologyFiles(join(FIXTURES, 'nowhere'), 'fold')).rejects.toThrow(
      /there is no folder .*nowhere; unpack TAPE's data/,
    )
    await expect(homologyFiles(join(FIXTURES, 'remote_homology_train.lmdb'), 'fold')).rejects.toThrow(
      /holds no remote_homology_train, no remote_homology_valid, no remote_homology_test_fold_holdout.*; unpack TAPE's data .*dir: DIR/,
    )
  })
})

describe('a damaged file of proteins', () => {
  it.each([
    [
      '[{"primary": "ACJ", "fold_label": 1}]',
      /protein 0, at byte 1: letter 3 of primary is "J", expected one of ABC/,
    ],
    [
      '[{"primary": "AC", "fold_label": 1195}]',
      /protein 0, at byte 1: fold_label is 1195, expected a whole number below 1195/,
    ],
    ['[{"primary": "AC"}]', /protein 0, at byte 1: fold_label is undefined/],
    ['[{"fold_label": 1}]', /protein 0, at byte 1: primary is undefined, expected amino acids/],
    ['{}', /holds no list/],
    ['[{"primary"', /valid.json: at byte 11: is not valid JSON: the file ends within the list/],
  ])('is refused by protein and field: %s', async (text, message) => {
    const dir = await copy()
    await writeFile(join(dir, 'remote_homology_valid.json'), text)
    await expect(open({}, dir)).rejects.toThrow(message)
  })

  it('that ends too soon is named with the byte', async () => {
    const dir = await copy()
    await truncate(join(dir, TRAIN), 40_000)
    await expect(open({}, dir)).rejects.toThrow(/data.mdb: at byte \d+: /)
    await truncate(join(dir, TRAIN), 100)
    await expect(open({}, dir)).rejects.toThrow(/at byte 0: the file ends at byte 100/)
  })

  it('with a wrong field in a pickle is named with the byte', async () => {
    const dir = await copy()
    const path = join(dir, TRAIN)
    const bytes = await readFile(path)
    const { start = 0, end = 0 } = openLmdb(path).values.get('3') ?? {}
    // The first of its amino acids, as the pickle has them.
    const { primary = '' } = (await proteins('train'))[3] ?? {}
    bytes.write('J', start + bytes.subarray(start, end).indexOf(primary))
    await writeFile(path, bytes)
    await expect(open({}, dir)).rejects.toThrow(
      `data.mdb: protein 3, at byte ${start}: letter 1 of primary is "J", expected one of ABC`,
    )
  })

  it('of whatever byte is changed, is a data set still or an input that is wrong, never a crash', async () => {
    const dir = await copy()
    const path = join(dir, TRAIN)
    const whole = await readFile(path)
    let refused = 0
    for (let i = 0; i < 150; i++) {
      const bytes = Buffer.from(whole)
      // LMDB has no checksums: a changed letter cannot be told.
      const place = (i * 487) % whole.length
      bytes.writeUInt8(bytes.readUInt8(place) ^ 0xff, place)
      await writeFile(path, bytes)
      const error = await open({}, dir).then(
        () => null,
        (error: unknown) => error,
      )
      if (error === null) continue
      expect(error).toHaveProperty('name', 'InputError')
      refused++
    }
    expect(refused).toBeGreaterThan(5)
  })

  it('that is no LMDB is refused', async () => {
    const dir = await copy()
    await writeFile(join(dir, TRAIN), Buffer.alloc(9000))
    await expect(open({}, dir)).rejects.toThrow(/at byte 0: found no head of an LMDB file/)
  })
})

describe('LMDB and pickle', () => {
  it('keys are found on all pages, small and big values read', () => {
    const database = openLmdb(join(FIXTURES, TRAIN))
    expect(database.values.size).toBe(61)
    const value = database.values.get('0')
    expect(value && database.read(value).length).toBeGreaterThan(6000)
    expect(readPickle(database.read(database.values.get('num_examples') ?? { start: 0, end: 0 }))).toBe(60)
  })

  it('nothing in a pickle is called: what would be made is kept as a name and its arguments', () => {
    // os.system("touch /tmp/x") as protocol 0 and 2 would have it.
    const pickle = Buffer.from('\x80\x02cos\nsystem\nX\x04\x00\x00\x00exit\x85R.', 'latin1')
    expect(readPickle(pickle)).toEqual({ of: 'os.system', args: ['exit'] })
  })

  it.each([
    ['K\x05', /too soon/],
    ['.', /a value is missing/],
    ['i', /opcode 0x69 at byte 0/],
    ['h\x07.', /nothing was kept as 7/],
  ])('a broken pickle is refused: %j', (text, message) => {
    expect(() => readPickle(Buffer.from(text, 'latin1'))).toThrow(message)
  })
})
