import { app } from 'electron'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Workbench } from '../workbench'
import { isOurFile } from '../workbench/opened-files'
import { showOpened, showWindow } from './window'

/**
 * Files that the system opens with this program: named on its command line, on that of a second start, or, on a Mac, by an
 * event of its own that may come before everything else. Call it before the app is ready; what came early is kept until
 * there is a workbench to show it in.
 */
export function openedFiles(): { showIn(workbench: Workbench): void } {
  const early = filesIn(process.argv.slice(1), process.cwd())
  let open = (paths: readonly string[]): void => void early.push(...paths)
  app.on('open-file', (event, path) => {
    event.preventDefault()
    open([path])
  })
  app.on('second-instance', (_event, args, folder) => {
    open(filesIn(args.slice(1), folder))
  })
  return {
    showIn(workbench) {
      open = (paths) => {
        const ours = paths.filter(isOurFile)
        if (ours.length === 0) showWindow()
        else showOpened(ours.map((path) => workbench.opened.put(path)))
      }
      open(early)
    },
  }
}

/** What a command line says besides its flags, where it is a file for us; Linux desktops write files as addresses. */
const filesIn = (args: readonly string[], folder: string): string[] =>
  args
    .filter((arg) => !arg.startsWith('-') && isOurFile(arg))
    .map((arg) => resolve(folder, /^file:\/\/\//.test(arg) ? fileURLToPath(arg) : arg))
    .filter((path) => existsSync(path))
