import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { maskedCrc32c } from '../../src-main/imports/crc32c'
import { readImport } from '../../src-main/imports/read-import'
import type { ReadImport } from '../../src-main/imports/read-import'
import { InputError } from '../../src-main/errors'

/** A folder that each test of the file finds empty. */
export function scratch(): {
  file: (name: string, content: string | Buffer) => string
  folder: () => string
} {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairsweep-import-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })
  return {
    folder: () => folder,
    file: (name, content) => {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
  }
}

/** What the import says is wrong, the folder left out. */
export async function refusal(paths: readonly string[], mapping?: string): Promise<string> {
  try {
    await readImport(paths, mapping === undefined ? {} : { mapping })
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return [...paths, ...(mapping === undefined ? [] : [mapping])].reduce(
      (message, path) => message.replaceAll(path, basename(path)),
      error.message,
    )
  }
  throw new Error('was not refused')
}

/** The runs in a few words each: place, state, scores. */
export const inShort = ({ runs }: ReadImport): string[] =>
  runs.map(
    ({ task, model, setting, config, state, summary }) =>
      `${task} ${model} ${setting} ${config.learning_rate} ${config.seed} ${state} ${Object.entries(summary)
        .map(([metric, value]) => `${metric}=${value}`)
        .join(' ')}`,
  )

/** A record as TFRecord has it. */
export function record(data: Buffer): Buffer {
  const head = Buffer.alloc(12)
  head.writeBigUInt64LE(BigInt(data.length))
  head.writeUInt32LE(maskedCrc32c(head.subarray(0, 8)), 8)
  const foot = Buffer.alloc(4)
  foot.writeUInt32LE(maskedCrc32c(data))
  return Buffer.concat([head, data, foot])
}
