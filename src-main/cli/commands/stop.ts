import { openWorkbench } from '../../workbench'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'
import { askOwner } from '../reach'
import { existingStudy } from '../which-study'

export function addStop(line: CommandLine): void {
  line.add(
    'stop <study>',
    'saves what is in training and trains no more of the study until it is run again',
    stop,
  )
}

async function stop({ terminal, workspace }: Invocation, _options: object, study = ''): Promise<number> {
  const name = await existingStudy(workspace, study)
  await askOwner({ terminal, workspace, what: `fairsweep stop ${study}` }, (client) =>
    client.studies.stop.mutate({ name }),
  )
  const reader = await openWorkbench({ workspace, access: 'reader' })
  try {
    terminal.print(`${name} is stopped; its state is saved. Go on with: fairsweep run ${name}`)
    terminal.document({ study: name, runs: reader.store.study(name)?.runsByState ?? {} })
    return EXIT.done
  } finally {
    await reader.close()
  }
}
