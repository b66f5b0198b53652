import fc from 'fast-check'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { jsonItems, type JsonItem } from '../../src-main/tasks/json-list'

const folder = mkdtempSync(join(tmpdir(), 'fairsweep-json-list-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function read(text: string | Buffer): Promise<JsonItem[]> {
  const file = join(folder, 'list.json')
  writeFileSync(file, text)
  const items: JsonItem[] = []
  for await (const item of jsonItems(file, 'a list of proteins')) items.push(item)
  return items
}
const values = async (text: string): Promise<unknown[]> => (await read(text)).map(({ value }) => value)

describe('the items of a JSON list', () => {
  it('are those that JSON.parse finds, whatever is in them and however they are spaced', async () => {
    const list = fc.array(fc.jsonValue(), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(list, fc.constantFrom(undefined, 1, '\t'), async (items, space) => {
        const text = JSON.stringify(items, null, space)
        expect(await values(text)).toEqual(JSON.parse(text))
      }),
      { numRuns: 150 },
    )
  })

  it('may stand across the pieces that a file is read in, and tell the byte at which they stand', async () => {
    const long = { text: '"]},é\\'.repeat(200_000), list: [[1], [2]] }
    const text = `[${JSON.stringify(long)}, {"k": 1} ,${JSON.stringify(long)}]\n`
    const items = await read(text)
    expect(items.map(({ value }) => value)).toEqual([long, { k: 1 }, long])
    const length = Buffer.byteLength(JSON.stringify(long))
    expect(items.map(({ at }) => at)).toEqual([1, length + 2, length + 13])
  })

  it.each([
    ['{}', /holds no list, expected a list of proteins/],
    ['', /holds no list/],
    ['"[1]"', /holds no list/],
    ['[1, 2', /at byte 5: is not valid JSON: the file ends within the list/],
    ['[1, {"a": "]', /at byte 12: .*ends within the list/],
    ['[1, {"a": ]}]', /at byte 3: is not valid JSON: Unexpected token/],
    ['[1,]', /at byte 3: is not valid JSON/],
    ['[,]', /at byte 1: is not valid JSON/],
    ['[1 2]', /at byte 1: is not valid JSON/],
    ['[1] [2]', /at byte 4: is not valid JSON: more follows the list/],
  ])('that are none are named with the byte: %s', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message)
  })

  it('of text that never ends are given up before they fill the memory', async () => {
    await expect(read(Buffer.concat([Buffer.from('["'), Buffer.alloc(18 * 2 ** 20, 'a')]))).rejects.toThrow(
      /at byte 1: .*an item of more than 16777216 bytes/,
    )
  })
})
