import { describe, expect, it } from 'vitest'
import { InputError } from '../../src-main/errors'
import { F32_PAIR, file, parse, tensor } from './safetensors-bytes'

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
