import { openWorkbench } from '../../workbench'
import type { CommandLine, Invocation } from '../command-line'
import { comparisonText } from '../comparison-text'
import { comparisonDocument } from '../comparison-document'
import { EXIT } from '../exit'
import { PAIRING_HELP, pairingOption, rateOption } from '../options'
import { askOwner } from '../reach'
import { existingStudy, nameOfStudy } from '../which-study'

export function addCompare(line: CommandLine): void {
  line
    .add(
      'compare <study>',
      'the comparison: chosen rates, scores, rankings by learning rate, findings',
      compare,
    )
    .option('--reveal-test', 'open the test before the last run has ended; this is logged')
    .option('--other-rate <rate>', 'the one learning rate that another paper used for all settings')
    .option('--pairing <how>', PAIRING_HELP)
}

interface Options {
  readonly revealTest?: boolean
  readonly otherRate?: string
  readonly pairing?: string
}

async function compare(invocation: Invocation, options: Options, study = ''): Promise<number> {
  const { terminal, workspace } = invocation
  const otherRate = rateOption(options.otherRate, '--other-rate')
  const pairing = pairingOption(options.pairing)
  if (options.revealTest) await revealTest(invocation, study)
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    const comparison = await workbench.compare(await nameOfStudy(workbench, study), { otherRate, pairing })
    terminal.print(comparisonText(comparison))
    terminal.document(comparisonDocument(comparison))
    return EXIT.done
  } finally {
    await workbench.close()
  }
}

/** Opening the test is written down, so it is the workspace's owner who does it. */
async function revealTest({ terminal, workspace }: Invocation, study: string): Promise<void> {
  const name = await existingStudy(workspace, study)
  await askOwner({ terminal, workspace, what: 'fairsweep compare --reveal-test' }, (client) =>
    client.compare.revealTest.mutate({ name }),
  )
}
