import { createReadStream } from 'node:fs'
import { InputError } from '../errors'

/** More than any item of a data set takes; a quote that is missing must not make one of the rest of the file. */
const MOST_ITEM_BYTES = 16 * 2 ** 20

const [BLANKS, QUOTE, BACKSLASH, COMMA] = [[9, 10, 13, 32], 34, 92, 44]
const [SQUARE_OPEN, SQUARE_CLOSE, CURLY_OPEN, CURLY_CLOSE] = [91, 93, 123, 125]

/** An item of a list, and the byte at which it stands. */
export interface JsonItem {
  readonly value: unknown
  readonly at: number
}

/**
 * The items of a JSON file that is one list, one after the other: of the file no more is held than an item and a piece.
 * TAPE's JSON exports have hundreds of megabytes, nearly all of it in fields that no task reads; a parser of tokens took
 * twice as long over them as finding where an item ends, and leaving the item to JSON.parse.
 * @param what the list is, for whoever has something else: "TAPE's list of proteins"
 * @throws {InputError} naming the byte of what is no JSON
 */
export async function* jsonItems(file: string, what: string): AsyncGenerator<JsonItem> {
  const items = new ListReading(file, what)
  for await (const piece of createReadStream(file, { highWaterMark: 2 ** 20 }))
    yield* items.take(piece as Buffer)
  items.end()
}

/** Where the reading stands between two pieces. */
class ListReading {
  /** Bytes from the beginning of the item at hand on; `base` is where they stand in the file. */
  private held: Buffer = Buffer.alloc(0)
  private base = 0
  /** How many brackets are open; null: the list's own was not met yet. */
  private depth: number | null = null
  private isText = false
  private isEscaped = false
  private count = 0

  constructor(
    private readonly file: string,
    private readonly what: string,
  ) {}

  *take(piece: Buffer): Generator<JsonItem> {
    const bytes = this.held.length === 0 ? piece : Buffer.concat([this.held, piece])
    let start = 0
    for (let i = this.held.length; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0
      if (this.isText) this.inText(byte)
      else if (byte === QUOTE && this.depth !== null && this.depth > 0) this.isText = true
      else if (this.depth === null) {
        if (BLANKS.includes(byte)) continue
        if (byte !== SQUARE_OPEN)
          throw new InputError(`holds no list, expected ${this.what}`, { file: this.file })
        this.depth = 1
        start = i + 1
      } else if (this.depth === 0) {
        if (!BLANKS.includes(byte)) throw this.wrong(this.base + i, 'more follows the list')
      } else if (byte === SQUARE_OPEN || byte === CURLY_OPEN) this.depth++
      else if (this.depth > 1) {
        if (byte === SQUARE_CLOSE || byte === CURLY_CLOSE) this.depth--
      } else if (byte === COMMA || byte === SQUARE_CLOSE) {
        const isLast = byte === SQUARE_CLOSE
        if (!(isLast && this.count === 0 && isBlank(bytes.subarray(start, i))))
          yield this.item(bytes.subarray(start, i), this.base + start)
        if (isLast) this.depth = 0
        start = i + 1
      }
    }
    const isWithin = this.depth !== null && this.depth > 0
    this.held = isWithin ? bytes.subarray(start) : Buffer.alloc(0)
    this.base += bytes.length - this.held.length
    if (this.held.length > MOST_ITEM_BYTES)
      throw this.wrong(this.base, `an item of more than ${MOST_ITEM_BYTES} bytes`)
  }

  /** Nothing follows. */
  end(): void {
    if (this.depth === null) throw new InputError(`holds no list, expected ${this.what}`, { file: this.file })
    if (this.depth > 0) throw this.wrong(this.base + this.held.length, 'the file ends within the list')
  }

  private inText(byte: number): void {
    if (this.isEscaped) this.isEscaped = false
    else if (byte === BACKSLASH) this.isEscaped = true
    else if (byte === QUOTE) this.isText = false
  }

  private item(bytes: Buffer, at: number): JsonItem {
    this.count++
    try {
      return { value: JSON.parse(bytes.toString('utf8')), at }
    } catch (error) {
      throw this.wrong(at, error instanceof Error ? error.message : String(error))
    }
  }

  private wrong(at: number, why: string): InputError {
    return new InputError(`at byte ${at}: is not valid JSON: ${why}`, { file: this.file })
  }
}

const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => BLANKS.includes(byte))
