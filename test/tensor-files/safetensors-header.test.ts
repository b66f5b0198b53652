import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeSafetensors } from '../../src-main/tensor-files/safetensors'
import { headerLength, MAX_HEADER_BYTES } from '../../src-main/tensor-files/safetensors-header'
import { processorTime } from '../processor-time'
import { F32_PAIR, file, parse, tensor, verdict } from './safetensors-bytes'

describe('a safetensors header', () => {
  it.each<[string, Buffer]>([
    ['without tensors', file('{}', 0)],
    ['with blanks after it', file('{}   \n\t\r ', 0)],
    ['with metadata alone', file('{"__metadata__":{"k":"v"}}', 0)],
    ['with empty metadata', file('{"__metadata__":null}', 0)],
    ['with a scalar', file('{"a":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}')],
    [
      'with an empty tensor at each end',
      file(
        `{"e":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]},"a":{${F32_PAIR}},"f":{"dtype":"I8","shape":[0],"data_offsets":[8,8]}}`,
      ),
    ],
    [
      'with an empty tensor of a huge other size',
      file('{"a":{"dtype":"I8","shape":[18446744073709551615,0],"data_offsets":[0,0]}}', 0),
    ],
    [
      'with tensors out of order',
      file(
        '{"b":{"dtype":"I8","shape":[4],"data_offsets":[4,8]},"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}}',
      ),
    ],
    ['with a field of tomorrow', tensor(`${F32_PAIR},"checksum":{"crc":[1.5,-2e9,null,true]}`)],
    ['with packed elements', tensor('"dtype":"F4","shape":[4,4],"data_offsets":[0,8]')],
  ])('%s is taken', (_, bytes) => {
    expect(() => parse(bytes)).not.toThrow()
  })

  it('gives names that are special in JavaScript like any others', () => {
    const names = ['__proto__', 'constructor', 'toString', '', '1']
    const members = names.map(
      (name, i) => `${JSON.stringify(name)}:{"dtype":"I8","shape":[1],"data_offsets":[${i},${i + 1}]}`,
    )
    const { tensors } = parse(file(`{${members.join()}}`, names.length))
    expect([...tensors.keys()]).toEqual(names)
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(tensors.get('__proto__')?.shape).toEqual([1])
  })

  it('may be as large as 100 MB and no larger', () => {
    const front = (length: number): Uint8Array => new Uint8Array(new BigUint64Array([BigInt(length)]).buffer)
    expect(headerLength(front(MAX_HEADER_BYTES), MAX_HEADER_BYTES + 8, 'x')).toBe(MAX_HEADER_BYTES)
    expect(() => headerLength(front(MAX_HEADER_BYTES + 1), MAX_HEADER_BYTES + 9, 'x')).toThrow(
      /at most 100000000/,
    )
  })

  it.each([
    ['a pickle', '\x80\x02}q\x00(X\x04\x00\x00\x00'],
    ['an archive of pickles', 'PK\x03\x04\x00\x00\x08\x08\x00\x00'],
  ])('is not what %s of torch.save begins with: the refusal says how that is converted', (_, text) => {
    expect(() => headerLength(Buffer.from(text, 'latin1'), 1000, 'w.bin')).toThrow(
      /w\.bin: not a safetensors file: .* is a pickle, .*In Python, safetensors\.torch\.save_file/,
    )
  })

  it('with 100,000 tensors is read in a moment', () => {
    const members = Array.from(
      { length: 100_000 },
      (_, i) => `"t${i}":{"dtype":"I8","shape":[1],"data_offsets":[${i},${i + 1}]}`,
    )
    const start = processorTime()
    expect(parse(file(`{${members.reverse().join()}}`, 100_000)).tensors.size).toBe(100_000)
    expect(processorTime() - start).toBeLessThan(5000)
  })

  it('gets the same verdict as from the reference reader, but for doubled keys', () => {
    const cases = JSON.parse(
      readFileSync(join(import.meta.dirname, '../parity/safetensors-verdicts.json'), 'utf8'),
    ) as [string, boolean][]
    for (const [base64, taken] of cases) {
      const bytes = Buffer.from(base64, 'base64')
      const problem = verdict(bytes)
      if (problem !== null && /appears twice/.test(problem)) continue
      expect(problem === null, `${bytes.subarray(8).toString()}: ${problem}`).toBe(taken)
    }
  })

  it('never gives anything but an InputError or a whole cover of the file', () => {
    const good = Buffer.concat(
      encodeSafetensors(
        [
          { name: 'a', shape: [2, 3], data: new Float32Array(6) },
          { name: 'b', shape: [3], data: new Int8Array(3) },
        ],
        { k: 'v' },
      ),
    )
    const mutation = fc.record({
      at: fc.nat(good.length - 1),
      byte: fc.nat(255),
      cut: fc.nat(3),
      insert: fc.uint8Array({ maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        let bytes = Buffer.from(good)
        for (const { at, byte, cut, insert } of mutations) {
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + cut)])
          if (at < bytes.length) bytes[at] = byte
        }
        if (verdict(bytes) !== null) return
        const { tensors } = parse(bytes)
        const length = headerLength(bytes.subarray(0, 8), bytes.length, 'x')
        let covered = 8 + length
        for (const { start, end } of tensors.values()) {
          expect(start).toBe(covered)
          covered = end
        }
        expect(covered).toBe(bytes.length)
      }),
      { numRuns: 5000, seed: 1 },
    )
  })
})
