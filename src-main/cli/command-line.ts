import { Command } from 'commander'
import { resolve } from 'node:path'
import { defaultWorkspace } from '../workspace/location'
import { EXIT } from './exit'
import { openTerminal } from './terminal'
import type { Terminal } from './terminal'

/** What every command is given beside its own arguments. */
export interface Invocation {
  readonly terminal: Terminal
  /** Absolute. */
  readonly workspace: string
}

/** The commands, each with the common flags, and the exit code of the one that ran. */
export class CommandLine {
  readonly program: Command
  exitCode: number = EXIT.done

  constructor(program: Command) {
    this.program = program
  }

  /**
   * @param usage name and arguments, as commander writes them: "compare <study>"
   * @param work does it and answers the exit code; arguments that are not given are undefined
   */
  add<Options extends object>(
    usage: string,
    description: string,
    work: (invocation: Invocation, options: Options, ...args: (string | undefined)[]) => Promise<number>,
    parent: Command = this.program,
  ): Command {
    const command = parent
      .command(usage)
      .description(description)
      .option('--workspace <dir>', 'folder of database, checkpoints and imported models')
      .option('--json', 'one JSON document on standard output and nothing else there')
      .option('--quiet', 'no progress')
    command.action(async () => {
      // A flag after `models add` is read by `models`, which has it too.
      const options = command.optsWithGlobals<
        Options & { workspace?: string; json?: boolean; quiet?: boolean }
      >()
      const invocation = {
        terminal: openTerminal(options),
        workspace: options.workspace === undefined ? defaultWorkspace() : resolve(options.workspace),
      }
      this.exitCode = await work(invocation, options, ...command.args)
    })
    return command
  }
}
