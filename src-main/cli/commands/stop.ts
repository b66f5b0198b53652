import { openWorkbench } from '../../workbench'
import { findOwner } from '../../workspace/owner'
import { askOwner } from '../../workspace/requests'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'
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
  const owner = findOwner(workspace)
  const access = owner === null ? 'owner' : 'reader'
  const workbench = await openWorkbench({ workspace, access, what: `fairsweep stop ${study}` })
  try {
    if (owner !== null) {
      terminal.note(`asking process ${owner.pid} (${owner.what}) to save and stop ${name} …`)
      await askOwner(workspace, { kind: 'stop', study: name })
    } else {
      await workbench.stopStudy(name)
    }
    const runs = workbench.store.study(name)?.runsByState ?? {}
    terminal.print(`${name} is stopped; its state is saved. Go on with: fairsweep run ${name}`)
    terminal.document({ study: name, runs })
    return EXIT.done
  } finally {
    await workbench.close()
  }
}
