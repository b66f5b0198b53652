import { Command, CommanderError } from 'commander'
import { InputError } from '../errors'
import { installation } from '../installation'
import { StoreError } from '../store/store'
import type { StoreErrorCode } from '../store/store'
import { WorkspaceInUseError } from '../workspace/owner'
import { CommandLine } from './command-line'
import { addCompare } from './commands/compare'
import { addDoctor } from './commands/doctor'
import { addExport } from './commands/export'
import { addExportWeights } from './commands/export-weights'
import { addFeatures } from './commands/features'
import { addHistory } from './commands/history'
import { addImport } from './commands/import'
import { addLibrary } from './commands/library'
import { addReport } from './commands/report'
import { addRun } from './commands/run'
import { addServe } from './commands/serve'
import { addStop } from './commands/stop'
import { addStudyOf } from './commands/study-of'
import { EXIT } from './exit'

/** Runs one command line and answers its exit code. Never throws: what goes wrong is said on standard error. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const program = new Command('fairsweep')
    .description('Honest comparisons: sweep the learning rate, select on validation, open the test once.')
    .version(installation.version)
    .exitOverride()
    .showHelpAfterError('(--help says what there is)')
  const line = new CommandLine(program)
  addRun(line)
  addServe(line)
  addHistory(line)
  addStop(line)
  addCompare(line)
  addReport(line)
  addExport(line)
  addExportWeights(line)
  addStudyOf(line)
  addImport(line)
  addLibrary(line)
  addFeatures(line)
  addDoctor(line)
  try {
    await program.parseAsync([...args], { from: 'user' })
    return line.exitCode
  } catch (error) {
    return explain(error)
  }
}

/** The database that was named is not one to work with; of the others the user's input is not the cause. */
const BAD_DATABASE: ReadonlySet<StoreErrorCode> = new Set([
  'missing',
  'not-a-history',
  'newer-database',
  'older-database',
  'damaged',
  'not-writable',
])

function explain(error: unknown): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badInput
  const isExpected =
    error instanceof InputError ||
    error instanceof StoreError ||
    error instanceof WorkspaceInUseError ||
    (error instanceof Error && error.name === 'OwnerRefusedError')
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(
    isExpected ? `${error.message}\n` : `This is a fault of Fairsweep, not of your input:\n${detail}\n`,
  )
  const isBadInput =
    error instanceof InputError || (error instanceof StoreError && BAD_DATABASE.has(error.code))
  return isBadInput ? EXIT.badInput : EXIT.failed
}
