import { CsvError, parse } from 'csv-parse'
import type { FileHandle } from 'node:fs/promises'
import { Readable, pipeline } from 'node:stream'
import { TextDecoder } from 'node:util'
import { InputError } from '../errors'
import { withFile } from './file-bytes'

/** One row of a table, its cells as text. */
export interface CsvRow {
  readonly cells: readonly string[]
  /** 1-based line on which it ends. */
  readonly line: number
}

const BLOCK_BYTES = 1 << 16
const LONGEST_ROW = 1_000_000
const MOST_COLUMNS = 10_000
const DELIMITERS = [',', '\t', ';', '|'] as const
export type Delimiter = (typeof DELIMITERS)[number]

/**
 * The rows of a CSV or TSV file, header first, a few in memory at a time. UTF-8, or UTF-16 with a byte order mark; lines end
 * in LF, CR LF or CR; the delimiter is the one that the header has most of. Every row has as many cells as the header.
 * @throws {InputError} with file and line
 */
export async function readCsv(
  path: string,
  take: (row: CsvRow, delimiter: Delimiter) => void,
): Promise<void> {
  await withFile(
    path,
    async (file, bytes) => {
      if (bytes === 0) throw new InputError('is empty, expected a table', { file: path })
      const chunks = textOf(file, path)
      const opening = await chunks.next()
      const first = opening.done === true ? '' : opening.value
      const delimiter = guessDelimiter(first)
      const parser = parse({
        delimiter,
        info: true,
        bom: false,
        skip_empty_lines: true,
        record_delimiter: ['\r\n', '\n', '\r'],
        max_record_size: LONGEST_ROW,
        relax_column_count: false,
      })
      pipeline(Readable.from(withFirst(first, chunks)), parser, () => {})
      let columns: number | null = null
      try {
        for await (const { record, info } of parser as AsyncIterable<{
          record: string[]
          info: { lines: number }
        }>) {
          columns ??= record.length
          if (columns > MOST_COLUMNS) {
            throw new InputError(`found ${columns} columns, expected at most ${MOST_COLUMNS}`, {
              file: path,
              line: 1,
            })
          }
          take({ cells: record, line: info.lines }, delimiter)
        }
      } catch (error) {
        throw error instanceof CsvError ? explained(error, path, columns) : error
      }
    },
    { follow: true },
  )
}

async function* withFirst(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first
  yield* rest
}

/** The file's text in blocks, without its byte order mark. */
async function* textOf(file: FileHandle, path: string): AsyncGenerator<string, undefined> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES)
  let decoder: TextDecoder | null = null
  let line = 1
  for (;;) {
    const { bytesRead } = await file.read(block, 0, BLOCK_BYTES)
    const bytes = block.subarray(0, bytesRead)
    decoder ??= decoderFor(bytes)
    let text: string
    try {
      text = decoder.decode(bytes, { stream: bytesRead > 0 })
    } catch {
      throw new InputError(
        `found bytes that are not ${decoder.encoding.toUpperCase()}, expected text in UTF-8`,
        { file: path, line: line + countLines(validPart(decoder.encoding, bytes)) },
      )
    }
    const nul = text.indexOf('\0')
    if (nul >= 0) {
      throw new InputError('found the character U+0000, expected text', {
        file: path,
        line: line + countLines(text.slice(0, nul)),
      })
    }
    line += countLines(text)
    yield text
    if (bytesRead === 0) return
  }
}

function decoderFor(bytes: Buffer): TextDecoder {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : 'utf-8'
  return new TextDecoder(encoding, { fatal: true })
}

/** As much of the text as can be read, to know in which line it breaks off. */
function validPart(encoding: string, bytes: Buffer): string {
  const decoded = new TextDecoder(encoding).decode(bytes)
  const broken = decoded.indexOf('\ufffd')
  return broken < 0 ? decoded : decoded.slice(0, broken)
}

function countLines(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

/** By the header alone, outside quotes. */
function guessDelimiter(text: string): Delimiter {
  const header = /^(?:"[^"]*"|[^"\r\n])*/.exec(text)?.[0] ?? ''
  const bare = header.replace(/"[^"]*"/g, '')
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}

function explained(error: CsvError, path: string, columns: number | null): InputError {
  const line = Number(error['lines'])
  const place = { file: path, ...(Number.isFinite(line) ? { line } : {}) }
  switch (error.code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
    case 'CSV_RECORD_INCONSISTENT_COLUMNS': {
      const record: unknown = error['record']
      const found = Array.isArray(record) ? record.length : 'other'
      return new InputError(`found ${found} cells, expected ${columns ?? 'as many as the header'}`, place)
    }
    case 'CSV_MAX_RECORD_SIZE':
      return new InputError(`found a row of more than ${LONGEST_ROW} characters`, place)
    case 'CSV_QUOTE_NOT_CLOSED':
      return new InputError('a quote is opened and never closed', place)
    default:
      return new InputError(`is no table of cells (${error.message})`, place)
  }
}
