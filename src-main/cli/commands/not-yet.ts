import { NotYetError } from '../../errors'
import type { CommandLine } from '../command-line'

/** Commands whose names are taken and that are still to come. */
const PROMISED = {
  'export-weights': "a run's trunk as a Hugging Face directory",
} as const

export function addNotYet(line: CommandLine): void {
  for (const [name, description] of Object.entries(PROMISED)) {
    line.program
      .command(name)
      .description(`${description} (not there yet)`)
      .allowUnknownOption()
      .argument('[anything...]')
      .action(() => {
        throw new NotYetError(`the command '${name}'`)
      })
  }
}
