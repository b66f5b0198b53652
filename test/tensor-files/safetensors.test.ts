import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../../src-main/errors'
import { encodeSafetensors, openSafetensors, type TensorData } from '../../src-main/tensor-files/safetensors'
import { F32_PAIR, file, tensor } from './safetensors-bytes'

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'))
afterAll(() => rmSync(folder, { recursive: true }))

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
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
