import fc from 'fast-check'
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../../src-main/errors'
import { encodeSafetensors, openSafetensors, type TensorData } from '../../src-main/models/safetensors'
import { headerLength, MAX_HEADER_BYTES, parseHeader } from '../../src-main/models/safetensors-header'

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'))
afterAll(() => rmSync(folder, { recursive: true }))

const F32_PAIR = '"dtype":"F32","shape":[2],"data_offsets":[0,8]'

/** A file with this header text, its true length in front (unless told otherwise), and `data` bytes of data. */
function file(header: string | Uint8Array, data = 8, length?: bigint): Buffer {
  const json = Buffer.from(header as string)
  const front = Buffer.alloc(8)
  front.writeBigUInt64LE(length ?? BigInt(json.length))
  return Buffer.concat([front, json, Buffer.alloc(data)])
}

/** Checks a whole file as `openSafetensors` does. */
function parse(bytes: Uint8Array): ReturnType<typeof parseHeader> {
  const length = headerLength(bytes.subarray(0, 8), bytes.length, 'x')
  return parseHeader(bytes.subarray(8, 8 + length), bytes.length, 'x')
}

const tensor = (fields: string): Buffer => file(`{"a":{${fields}}}`)

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

describe('the header of a safetensors file is refused when', () => {
  it.each<[string, Buffer, RegExp]>([
    ['the file is empty', Buffer.alloc(0), /0 bytes are too few/],
    ['the file ends within the length', Buffer.alloc(7), /7 bytes are too few/],
    ['its length is 0', file('', 0), /does not begin with "{"/],
    ['its length is above 100 MB', file('{}', 0, 100_000_001n), /header of 100000001 bytes/],
    ['its length is 2^63', file('{}', 0, 2n ** 63n), /header of 9223372036854775808 bytes/],
    ['its length is more than the file', file('{}', 0, 3n), /does not fit in a file of 10 bytes/],
    ['it begins with a blank', file(' {}', 0), /does not begin with "{"/],
    ['it begins with a byte order mark', file('\ufeff{}', 0), /does not begin with "{"/],
    ['it is a list', file('[]', 0), /does not begin with "{"/],
    ['it is not UTF-8', file(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 0), /it is not UTF-8/],
    ['it is cut', file('{"a"', 0), /":" expected at character 4/],
    ['a string does not end', file('{"a', 0), /a string without end/],
    ['something follows it', file('{}{}', 0), /something follows the value/],
    ['NUL bytes follow it', file('{}\0\0', 0), /something follows the value/],
    ['it has a trailing comma', file(`{"a":{${F32_PAIR}},}`), /a string expected/],
    ['a key is not a string', file('{1:2}', 0), /a string expected/],
    ['a name has a control character', file(`{"a\n":{${F32_PAIR}}}`), /bad escape or a control character/],
    ['a name has half of a surrogate pair', file(`{"\\ud800":{${F32_PAIR}}}`), /half of a surrogate pair/],
    ['a name appears twice', file(`{"a":{${F32_PAIR}},"a":{${F32_PAIR}}}`), /"a" appears twice/],
    ['a name appears twice by escape', file(`{"a":{${F32_PAIR}},"\\u0061":{${F32_PAIR}}}`), /appears twice/],
    ['a field appears twice', tensor(`${F32_PAIR},"shape":[2]`), /"shape" appears twice/],
    ['it nests too deeply', file(`{"a":${'['.repeat(200)}${']'.repeat(200)}}`, 0), /nesting deeper than 127/],
    ['metadata is not an object', file('{"__metadata__":[]}', 0), /__metadata__: expected an object/],
    ['metadata holds a number', file('{"__metadata__":{"k":1}}', 0), /"k" is not a string/],
    ['a tensor is not an object', file('{"a":[]}', 0), /a: expected an object with dtype/],
    ['dtype is missing', tensor('"shape":[2],"data_offsets":[0,8]'), /a: unknown dtype \(missing\)/],
    ['dtype is unknown', tensor('"dtype":"F31","shape":[2],"data_offsets":[0,8]'), /unknown dtype "F31"/],
    ['dtype is inherited', tensor('"dtype":"toString","shape":[2],"data_offsets":[0,8]'), /unknown dtype/],
    ['dtype is a number', tensor('"dtype":7,"shape":[2],"data_offsets":[0,8]'), /unknown dtype 7/],
    ['shape is missing', tensor('"dtype":"F32","data_offsets":[0,8]'), /shape is not a list/],
    ['shape is a number', tensor('"dtype":"F32","shape":2,"data_offsets":[0,8]'), /shape is not a list/],
    ['shape is negative', tensor('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'), /shape is not a list/],
    ['shape is minus 0', tensor('"dtype":"F32","shape":[-0],"data_offsets":[0,8]'), /shape is not a list/],
    [
      'shape has a fraction',
      tensor('"dtype":"F32","shape":[2.0],"data_offsets":[0,8]'),
      /shape is not a list/,
    ],
    ['shape has an exponent', tensor('"dtype":"F32","shape":[2e0],"data_offsets":[0,8]'), /shape is not/],
    ['shape holds a string', tensor('"dtype":"F32","shape":["2"],"data_offsets":[0,8]'), /shape is not/],
    [
      'shape has a leading 0',
      tensor('"dtype":"F32","shape":[02],"data_offsets":[0,8]'),
      /"," or "]" expected/,
    ],
    [
      'shape overflows 64 bits',
      tensor('"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,8]'),
      /shape is not/,
    ],
    [
      'sizes overflow together',
      tensor('"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]'),
      /is too large/,
    ],
    [
      'bytes overflow',
      tensor('"dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8]'),
      /is too large/,
    ],
    ['offsets are missing', tensor('"dtype":"F32","shape":[2]'), /data_offsets is not a list of two/],
    ['there is one offset', tensor('"dtype":"F32","shape":[2],"data_offsets":[0]'), /data_offsets is not/],
    [
      'there are three offsets',
      tensor('"dtype":"F32","shape":[2],"data_offsets":[0,8,8]'),
      /data_offsets is not/,
    ],
    [
      'an offset is negative',
      tensor('"dtype":"F32","shape":[2],"data_offsets":[-8,0]'),
      /data_offsets is not/,
    ],
    [
      'offsets are turned round',
      file(
        '{"a":{"dtype":"I8","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"I8","shape":[8],"data_offsets":[0,8]},"c":{"dtype":"I8","shape":[4],"data_offsets":[8,4]}}',
      ),
      /c: ends at byte 4, before its start 8/,
    ],
    [
      'shape and span disagree',
      tensor('"dtype":"F32","shape":[3],"data_offsets":[0,8]'),
      /F32 \[3\] takes 12 bytes, but its span has 8/,
    ],
    [
      'dtype and span disagree',
      tensor('"dtype":"F64","shape":[2],"data_offsets":[0,8]'),
      /F64 \[2\] takes 16 bytes/,
    ],
    ['a scalar has the wrong span', tensor('"dtype":"F32","shape":[],"data_offsets":[0,8]'), /takes 4 bytes/],
    [
      'elements do not fill bytes',
      tensor('"dtype":"F4","shape":[3],"data_offsets":[0,8]'),
      /does not fill whole bytes/,
    ],
    [
      'a tensor ends after the data',
      file(`{"a":{${F32_PAIR}}}`, 7),
      /ends at byte 8, but the data has 7 bytes/,
    ],
    [
      'bytes follow the last tensor',
      file(`{"a":{${F32_PAIR}}}`, 9),
      /data has 9 bytes, but the tensors cover 8/,
    ],
    ['data belongs to no tensor', file('{}', 1), /data has 1 bytes, but the tensors cover 0/],
    [
      'a hole is before the first tensor',
      file('{"a":{"dtype":"I8","shape":[7],"data_offsets":[1,8]}}'),
      /a: bytes 0 to 1 of the data belong to no tensor/,
    ],
    [
      'a hole is between two tensors',
      file(
        '{"a":{"dtype":"I8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"I8","shape":[4],"data_offsets":[4,8]}}',
      ),
      /b: bytes 3 to 4/,
    ],
    [
      'two tensors overlap',
      file(
        '{"a":{"dtype":"I8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"I8","shape":[4],"data_offsets":[4,8]}}',
      ),
      /b: begins at byte 4, inside/,
    ],
    [
      'two tensors are the same bytes',
      file(
        '{"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[8],"data_offsets":[0,8]}}',
      ),
      /inside or before another/,
    ],
    [
      'an empty tensor lies inside another',
      file(
        '{"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[0],"data_offsets":[4,4]}}',
      ),
      /inside or before another/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => parse(bytes)).toThrow(InputError)
    expect(() => parse(bytes)).toThrow(message)
  })
})

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

  it('with 100,000 tensors is read in a moment', () => {
    const members = Array.from(
      { length: 100_000 },
      (_, i) => `"t${i}":{"dtype":"I8","shape":[1],"data_offsets":[${i},${i + 1}]}`,
    )
    const start = performance.now()
    expect(parse(file(`{${members.reverse().join()}}`, 100_000)).tensors.size).toBe(100_000)
    expect(performance.now() - start).toBeLessThan(5000)
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

/** Null where the file is taken, else why not; any other error than an InputError is passed on. */
function verdict(bytes: Uint8Array): string | null {
  try {
    parse(bytes)
    return null
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}

describe('a safetensors file', () => {
  it('comes back as it was written, every type in its own array', async () => {
    const data: TensorData[] = [
      new Uint8Array([1, 255]),
      new Int8Array([-1, 127]),
      new Int16Array([-2, 3]),
      new Uint16Array([65535, 3]),
      new Float32Array([NaN, -0]),
      new Int32Array([-5, 6]),
      new Uint32Array([4294967295, 1]),
      new Float64Array([Math.PI, -Infinity]),
      new BigInt64Array([-1n, 2n]),
      new BigUint64Array([2n ** 64n - 1n, 0n]),
    ]
    const tensors = data.map((data, i) => ({ name: `t${i}`, shape: [2, 1], data }))
    const path = written('all.safetensors', Buffer.concat(encodeSafetensors(tensors, { format: 'pt' })))
    const file = await openSafetensors(path)
    expect(file.metadata).toEqual(new Map([['format', 'pt']]))
    for (const { name, data } of tensors) {
      expect(await file.read(name)).toEqual(data)
      expect((file.tensors.get(name)?.start ?? NaN) % data.BYTES_PER_ELEMENT).toBe(0)
    }
  })

  it('gives half precision exactly: signs, subnormals, infinities, NaN', async () => {
    const halves = new Uint16Array([
      0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x3555,
    ])
    const path = written(
      'half.safetensors',
      Buffer.concat([
        file(
          `{"h":{"dtype":"F16","shape":[12],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[24,30]}}`,
          0,
        ),
        Buffer.from(halves.buffer),
        Buffer.from(new Uint16Array([0x3f80, 0xc049, 0xff80]).buffer),
      ]),
    )
    const opened = await openSafetensors(path)
    const expected = [
      0,
      -0,
      2 ** -24,
      -1023 * 2 ** -24,
      2 ** -14,
      1,
      -2,
      65504,
      Infinity,
      -Infinity,
      NaN,
      0.333251953125,
    ]
    expect(Array.from(await opened.readFloats('h'))).toEqual(expected)
    expect(Array.from(await opened.readFloats('b'))).toEqual([1, -3.140625, -Infinity])
  })

  it('gives doubles as float32 on request, and refuses integers there', async () => {
    const path = written(
      'wide.safetensors',
      Buffer.concat(
        encodeSafetensors([
          { name: 'd', shape: [1], data: new Float64Array([0.1]) },
          { name: 'i', shape: [1], data: new Int32Array([1]) },
        ]),
      ),
    )
    const file = await openSafetensors(path)
    expect(await file.readFloats('d')).toEqual(new Float32Array([0.1]))
    await expect(file.readFloats('i')).rejects.toThrow(
      `${path}: i: found I32, expected floating-point numbers`,
    )
  })

  it('names a type it cannot read, a tensor it does not hold, and a file that is not there', async () => {
    const path = written('f8.safetensors', file('{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}'))
    const opened = await openSafetensors(path)
    await expect(opened.read('a')).rejects.toThrow(/a: F8_E4M3 cannot be read, expected F64, F32/)
    await expect(opened.read('b')).rejects.toThrow(/b: there is no such tensor/)
    await expect(openSafetensors(join(folder, 'none'))).rejects.toThrow(/none: there is no such file/)
    await expect(openSafetensors(folder)).rejects.toThrow(/is not a file/)
  })

  it('that changed after it was opened is refused', async () => {
    const path = written('changing.safetensors', tensor(F32_PAIR))
    const opened = await openSafetensors(path)
    utimesSync(path, 1, 1)
    await expect(opened.read('a')).rejects.toThrow(/the file changed while it was being read/)
  })

  it('cut at any byte is refused', async () => {
    const whole = Buffer.concat(encodeSafetensors([{ name: 'a', shape: [3], data: new Float32Array(3) }]))
    for (let length = 0; length < whole.length; length++) {
      await expect(openSafetensors(written('cut.safetensors', whole.subarray(0, length)))).rejects.toThrow(
        InputError,
      )
    }
  })

  it('is not written with two tensors of one name, or a shape that does not fit', () => {
    const a = { name: 'a', shape: [1], data: new Float32Array(1) }
    expect(() => encodeSafetensors([a, a])).toThrow(/two tensors/)
    expect(() => encodeSafetensors([{ ...a, shape: [2] }])).toThrow(/does not hold 1 elements/)
  })
})
