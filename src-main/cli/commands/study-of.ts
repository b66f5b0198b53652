import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { z } from 'zod'
import { InputError } from '../../errors'
import { writeWhole } from '../../reports/whole-file'
import { openWorkbench } from '../../workbench'
import { readExport, runAgain } from '../../workbench/run-again'
import type { CommandLine, Invocation } from '../command-line'
import type { studyOfSchema } from '../documents'
import { EXIT } from '../exit'

export function addStudyOf(line: CommandLine): void {
  line
    .add('study-of <export>', 'a study file that trains a run of an export (--format json) again', studyOf)
    .option('--run <id>', 'the run; may be left out where there is one')
    .option('--out <file>', 'write the study file there; without it, to standard output')
    .option('--data <place>', 'where the data lie; default: the installed data set with the same files')
    .option('--model <dir>', 'where the model lies; default: the installed model with the same files')
    .option('--start-from <file>', 'the file that weights start from')
}

interface Options {
  readonly run?: string
  readonly out?: string
  readonly data?: string
  readonly model?: string
  readonly startFrom?: string
}

/** Only reads the workspace: what is installed there. */
async function studyOf(
  { terminal, workspace }: Invocation,
  { run: id, out, ...places }: Options,
  file = '',
): Promise<number> {
  if (out !== undefined && existsSync(out))
    throw new InputError(`${resolve(out)} is there already, expected a new file`, { field: '--out' })
  const document = await readExport(file)
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    const again = await runAgain(workbench.library, document, id, file, places).catch(sayFlag)
    for (const difference of again.differences) terminal.warn(difference)
    terminal.note(again.said)
    if (out === undefined) terminal.print(again.text.trimEnd())
    else {
      await writeWhole(resolve(out), [again.text])
      terminal.print(`the study of run ${again.run} is in ${out}; train it with: fairsweep run ${out}`)
    }
    terminal.document({
      study: again.study,
      run: again.run,
      key: again.key,
      key_here: again.keyHere,
      differences: [...again.differences],
      file: out === undefined ? null : resolve(out),
      text: again.text,
    } satisfies z.infer<typeof studyOfSchema>)
    return EXIT.done
  } finally {
    await workbench.close()
  }
}

const FLAGS: ReadonlyMap<string | undefined, string> = new Map([
  ['run', '--run'],
  ['data', '--data'],
  ['model', '--model'],
  ['startFrom', '--start-from'],
])

/** What is missing is asked for by the flag that says it. */
function sayFlag(error: unknown): never {
  const flag = error instanceof InputError ? FLAGS.get(error.place.field) : undefined
  if (!(error instanceof InputError) || flag === undefined) throw error
  throw new InputError(error.problem, { ...error.place, field: flag })
}
