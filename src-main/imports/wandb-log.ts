import { crc32 } from 'node:zlib'
import { InputError } from '../errors'

/**
 * The frame of W&B's offline files: LevelDB's log format. Blocks of 32 kB hold pieces of records, each with its checksum,
 * length and whether it is a whole record, the first, a middle or the last piece. The last record may be torn.
 */

const HEAD = Buffer.from([0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe])
/** The head and a version. */
const HEAD_BYTES = 7
const BLOCK_BYTES = 32_768
const PIECE_HEAD_BYTES = 7
const WHOLE = 1
const FIRST = 2
const MIDDLE = 3
const LAST = 4

/**
 * @returns bytes at the end that are no whole record
 * @throws {InputError} with the offset of a piece that is damaged
 */
export function readWandbLog(
  bytes: Buffer,
  file: string,
  take: (record: Buffer, offset: number) => void,
): number {
  if (!bytes.subarray(0, HEAD.length).equals(HEAD))
    throw new InputError('is no offline file of W&B', { file })
  let pieces: Buffer[] = []
  let start = HEAD_BYTES
  for (let at = HEAD_BYTES; at < bytes.length;) {
    const room = BLOCK_BYTES - (at % BLOCK_BYTES)
    if (room < PIECE_HEAD_BYTES) {
      at += room
      continue
    }
    if (at + PIECE_HEAD_BYTES > bytes.length) return bytes.length - start
    const length = bytes.readUInt16LE(at + 4)
    const end = at + PIECE_HEAD_BYTES + length
    if (end > bytes.length) return bytes.length - start
    const kind = bytes.readUInt8(at + 6)
    const isSound =
      bytes.readUInt32LE(at) === crc32(bytes.subarray(at + 6, end)) && length + PIECE_HEAD_BYTES <= room
    const isNext = pieces.length === 0 ? kind === WHOLE || kind === FIRST : kind === MIDDLE || kind === LAST
    if (!isSound || !isNext) {
      throw new InputError(`byte ${at}: a record does not match its checksum`, { file })
    }
    if (pieces.length === 0) start = at
    pieces.push(bytes.subarray(at + PIECE_HEAD_BYTES, end))
    at = end
    if (kind === WHOLE || kind === LAST) {
      take(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces), start)
      pieces = []
      start = at
    }
  }
  return pieces.length === 0 ? 0 : bytes.length - start
}
