import type { Command } from 'commander'
import { resolve } from 'node:path'
import { InputError } from '../../errors'
import { writeListops } from '../../library/listops-writer'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'
import { onInterrupt } from '../interrupt'
import { transferDisplay } from '../transfer-display'
import { countText } from '../words'

/** `data write`: the examples that a task draws, as the files that others read. */
export function addWriteData(line: CommandLine, data: Command): void {
  line
    .add(
      'write <kind>',
      "the sequences that a task draws, as files in a new folder: listops, Long Range Arena's three",
      writeData,
      data,
    )
    .requiredOption('--out <dir>', 'the new folder')
    .option(
      '--option <key=value>',
      'an option of the task as in a study file: max_length=1024; may be given again',
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
}

/** Neither reads nor changes a workspace. */
async function writeData(
  { terminal }: Invocation,
  { out, option: given }: { out: string; option: readonly string[] },
  kind = '',
): Promise<number> {
  if (kind !== 'listops')
    throw new InputError(`found '${kind}', expected listops: no other task is written as files`, {
      field: 'data write',
    })
  const folder = resolve(out)
  const stop = new AbortController()
  const interrupt = onInterrupt(() => {
    stop.abort()
    return Promise.resolve()
  })
  const display = transferDisplay(terminal, 'writing', (count) => countText(count, 'example'))
  try {
    const files = new Set<string>()
    let examples = 0
    for await (const { what, done, of } of writeListops(optionsOf(given), folder)) {
      if (stop.signal.aborted) {
        terminal.warn('stopped; nothing is written')
        return EXIT.interrupted
      }
      display.show({ what, done, of })
      files.add(resolve(folder, what))
      examples = done
    }
    display.end()
    terminal.print(
      `${countText(examples, 'example')} are in ${folder}; studies name them as task: {kind: listops, dir: ${folder}}`,
    )
    terminal.document({ files: [...files] })
    return EXIT.done
  } finally {
    display.end()
    interrupt.stopListening()
  }
}

/** Every option of drawing is a number. */
function optionsOf(given: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    given.map((text) => {
      const [, key, value = ''] = /^(\w+)=(.+)$/.exec(text) ?? []
      if (key === undefined)
        throw new InputError(`found '${text}', expected KEY=VALUE such as max_length=1024`, {
          field: '--option',
        })
      return [key, Number.isFinite(Number(value)) ? Number(value) : value]
    }),
  )
}
