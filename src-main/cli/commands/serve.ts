import { spawn } from 'node:child_process'
import { InputError } from '../../errors'
import { installation } from '../../installation'
import { openWorkbench } from '../../workbench'
import { findDoor } from '../../workspace/door'
import { rememberWorkspace } from '../../workspace/recent'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'
import { onInterrupt } from '../interrupt'

export function addServe(line: CommandLine): void {
  line
    .add('serve', 'the workbench over loopback HTTP, opened by a one-time link', serve)
    .option('--port <port>', 'default: any free one')
    .option('--host <address>', 'a loopback address', '127.0.0.1')
    .option('--open', 'open the link in a browser')
}

interface Options {
  readonly port?: string
  readonly host: string
  readonly open?: boolean
}

async function serve({ terminal, workspace }: Invocation, { port, host, open }: Options): Promise<number> {
  const wanted = port === undefined ? undefined : portOf(port)
  const tell = (url: string, address: string): void => {
    terminal.print(`The workbench is at ${url}\n(the link opens one browser, once)`)
    terminal.document({ url, address, workspace })
    if (open) openInBrowser(url)
  }
  const served = findDoor(workspace)
  if (served !== null) {
    const { launchLink } = await import('../../api/client')
    tell(await launchLink(served), served.address)
    return EXIT.done
  }
  const workbench = await openWorkbench({ workspace, access: 'owner', what: 'fairsweep serve' })
  try {
    // The web server is loaded only where it is needed: it would slow the start of all other commands.
    const { openOwnerDoor } = await import('../../api/owner-door')
    const door = await openOwnerDoor(workbench, { host, port: wanted, needsPage: true })
    rememberWorkspace(installation.cache, workbench.workspace)
    tell(door.launchUrl(), door.address)
    await new Promise<void>((resolve) => {
      onInterrupt(async () => {
        terminal.note('saving the state of what is in training; once more leaves at once')
        await door.close()
        await workbench.close()
        resolve()
      })
    })
    return EXIT.interrupted
  } finally {
    await workbench.close()
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new InputError(`found '${text}', expected a port number from 0 to 65535`, { field: '--port' })
}

/** Where there is no browser to open, the printed link is enough. */
function openInBrowser(url: string): void {
  const programs: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', win32: 'explorer' }
  spawn(programs[process.platform] ?? 'xdg-open', [url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}
