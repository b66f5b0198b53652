import { statSync } from 'node:fs'
import { InputError } from '../errors'
import { readSlices } from '../tensor-files/file-slices'

/**
 * A small reader of LMDB's data file (`data.mdb`, format version 1, as 64-bit little-endian machines write it): a B+ tree
 * of pages whose values are read when they are asked for. The file is not locked, and must not be written meanwhile.
 */
export interface Lmdb {
  /** By key, as text. */
  readonly values: ReadonlyMap<string, LmdbValue>
  read(value: LmdbValue): Buffer
}

/** Where a value stands in the file, in bytes. */
export interface LmdbValue {
  readonly start: number
  readonly end: number
}

const MAGIC = 0xbeefc0de
const VERSION = 1
/** Of a page: its number, 2 unused bytes, flags, and either the ends of its free space or how many pages follow. */
const HEADER = 16
const [BRANCH, LEAF, META] = [0x01, 0x02, 0x08]
/** Of a node: its value stands on pages of its own, whose number the node has. */
const BIG = 0x01
const NODE_HEADER = 8
const NO_PAGE = 2n ** 64n - 1n
/** A tree of 2^48 pages is not so deep. */
const MOST_DEPTH = 32

/** Reads the keys of a file's main database. @throws {InputError} naming the byte of what is no LMDB */
export function openLmdb(file: string): Lmdb {
  const { size } = statSync(file)
  const wrong = (at: number, what: string): InputError => new InputError(`at byte ${at}: ${what}`, { file })
  const bytes = (start: number, length: number): Buffer => {
    if (start + length > size)
      throw wrong(start, `the file ends at byte ${size}, expected ${length} bytes more`)
    return readSlices(file, [{ start, end: start + length }])[0] ?? Buffer.alloc(0)
  }

  const meta = (start: number) => {
    const page = bytes(start, HEADER + 136)
    const magic = page.readUInt32LE(HEADER)
    const isMeta = (page.readUInt16LE(10) & META) !== 0
    if (!isMeta || magic !== MAGIC) throw wrong(start, 'found no head of an LMDB file')
    const version = page.readUInt32LE(HEADER + 4)
    if (version !== VERSION) throw wrong(start + HEADER + 4, `LMDB format ${version}, expected ${VERSION}`)
    // Two databases of 48 bytes each: the free pages, whose first field is the size of a page, and the main one.
    const main = HEADER + 24 + 48
    return {
      pageSize: page.readUInt32LE(HEADER + 24),
      root: page.readBigUInt64LE(main + 40),
      transaction: page.readBigUInt64LE(HEADER + 24 + 96 + 8),
    }
  }
  const first = meta(0)
  const { pageSize } = first
  if (pageSize < 256 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0)
    throw wrong(HEADER + 24, `pages of ${pageSize} bytes`)
  const second = meta(pageSize)
  // The newer of the two heads counts.
  const { root } = second.transaction > first.transaction ? second : first

  const values = new Map<string, LmdbValue>()
  const visit = (number: number, depth: number): void => {
    const start = number * pageSize
    if (depth > MOST_DEPTH) throw wrong(start, 'the tree of pages has no end')
    const page = bytes(start, pageSize)
    const flags = page.readUInt16LE(10)
    const lower = page.readUInt16LE(12)
    if ((flags & (BRANCH | LEAF)) === 0 || lower < HEADER || lower > pageSize)
      throw wrong(start, 'found no page of keys')
    for (let pointer = HEADER; pointer < lower; pointer += 2) {
      const node = page.readUInt16LE(pointer)
      if (node < lower || node + NODE_HEADER > pageSize)
        throw wrong(start + pointer, 'a key outside of its page')
      const low = page.readUInt16LE(node) + 65_536 * page.readUInt16LE(node + 2)
      const high = page.readUInt16LE(node + 4)
      if ((flags & BRANCH) !== 0) {
        visit(low + high * 2 ** 32, depth + 1)
        continue
      }
      const keyEnd = node + NODE_HEADER + page.readUInt16LE(node + 6)
      if (keyEnd + ((high & BIG) !== 0 ? 8 : low) > pageSize)
        throw wrong(start + node, 'a value beyond the end of its page')
      const key = page.toString('latin1', node + NODE_HEADER, keyEnd)
      const at =
        (high & BIG) !== 0 ? Number(page.readBigUInt64LE(keyEnd)) * pageSize + HEADER : start + keyEnd
      if (at + low > size) throw wrong(start + node, `a value that ends at byte ${at + low} of ${size}`)
      values.set(key, { start: at, end: at + low })
    }
  }
  if (root !== NO_PAGE) visit(Number(root), 0)
  return { values, read: ({ start, end }) => bytes(start, end - start) }
}
