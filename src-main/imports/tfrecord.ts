import type { FileHandle } from 'node:fs/promises'
import { InputError } from '../errors'
import { maskedCrc32c } from './crc32c'
import { withFile } from './file-bytes'

/**
 * TFRecord: length (u64), its checksum (u32), data, its checksum (u32), little-endian. The last record of a file may be torn,
 * because whoever wrote it was killed or still writes; anything else that does not match its checksum is damage.
 */

const HEAD_BYTES = 12
const FOOT_BYTES = 4
/** Images and graphs are passed over by their length; a scalar is small. */
const LARGEST_RECORD_BYTES = 256 * 2 ** 20
const LARGEST_FILE_BYTES = 4 * 2 ** 30
const BLOCK_BYTES = 1 << 20

export interface TfRecords {
  /** Bytes at the end that are no whole record. */
  readonly tornBytes: number
  /** Offsets of records whose data do not match their checksum; none unless `skipDamaged`. */
  readonly damaged: readonly number[]
}

/**
 * Calls `take` with the data of each record, which is only valid during the call.
 * @param skipDamaged pass over records whose data are damaged; a damaged length ends the reading all the same
 * @throws {InputError} with the offset of a record that is damaged
 */
export async function readTfRecords(
  path: string,
  take: (data: Buffer, offset: number) => void,
  { skipDamaged = false } = {},
): Promise<TfRecords> {
  return withFile(
    path,
    async (file, bytes) => {
      const window = new Window(file, bytes)
      const damaged: number[] = []
      let offset = 0
      while (offset < bytes) {
        const head = await window.bytes(offset, HEAD_BYTES)
        if (head === null) break
        if (maskedCrc32c(head.subarray(0, 8)) !== head.readUInt32LE(8)) {
          if (skipDamaged) {
            damaged.push(offset)
            return { tornBytes: bytes - offset, damaged }
          }
          throw new InputError(
            `byte ${offset}: the length of a record does not match its checksum, so what follows cannot be read (--skip-damaged keeps what comes before)`,
            { file: path },
          )
        }
        const length = head.readBigUInt64LE(0)
        if (length > BigInt(bytes - offset - HEAD_BYTES - FOOT_BYTES)) break
        if (length > LARGEST_RECORD_BYTES) {
          throw new InputError(
            `byte ${offset}: found a record of ${length} bytes, expected at most ${LARGEST_RECORD_BYTES}`,
            { file: path },
          )
        }
        const size = Number(length)
        const record = await window.bytes(offset + HEAD_BYTES, size + FOOT_BYTES)
        if (record === null) break
        const data = record.subarray(0, size)
        if (maskedCrc32c(data) === record.readUInt32LE(size)) take(data, offset)
        else if (skipDamaged) damaged.push(offset)
        else {
          throw new InputError(
            `byte ${offset}: a record does not match its checksum (--skip-damaged passes over it)`,
            { file: path },
          )
        }
        offset += HEAD_BYTES + size + FOOT_BYTES
      }
      return { tornBytes: bytes - offset, damaged }
    },
    { largest: LARGEST_FILE_BYTES },
  )
}

/** A piece of a file in memory. */
class Window {
  private start = 0
  private block = Buffer.alloc(0)

  constructor(
    private readonly file: FileHandle,
    private readonly size: number,
  ) {}

  /** So many bytes from the offset on, or null where the file ends before. */
  async bytes(offset: number, count: number): Promise<Buffer | null> {
    if (offset + count > this.size) return null
    const at = offset - this.start
    if (at < 0 || at + count > this.block.length) {
      const wanted = Math.min(this.size - offset, Math.max(count, BLOCK_BYTES))
      const block = Buffer.allocUnsafe(wanted)
      const { bytesRead } = await this.file.read(block, 0, wanted, offset)
      this.start = offset
      this.block = block.subarray(0, bytesRead)
      return count <= bytesRead ? this.block.subarray(0, count) : null
    }
    return this.block.subarray(at, at + count)
  }
}
