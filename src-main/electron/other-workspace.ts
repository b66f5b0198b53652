import { app, dialog } from 'electron'
import { resolve } from 'node:path'
import type { Workbench } from '../workbench'
import { isOurFile } from '../workbench/opened-files'

/** A program has one workspace: another one is opened by starting afresh, when what is in training is saved. */
export async function openWorkspace(workbench: Workbench, folder: string): Promise<void> {
  if (folder === workbench.workspace) return
  if (workbench.progress().length > 0) {
    const { response } = await dialog.showMessageBox({
      message: `Runs are being trained here, and ${folder} is another workspace.`,
      detail:
        'Their state is saved before the other workspace opens; they go on when this one is opened and resumed.',
      buttons: ['Save and open', 'Stay here'],
      defaultId: 1,
      cancelId: 1,
    })
    if (response !== 0) return
  }
  app.relaunch({
    execPath: process.env['APPIMAGE'] ?? process.execPath,
    args: [
      ...process.argv.slice(1).filter((arg) => !isWorkspaceArgument(arg) && !isOurFile(arg)),
      workspaceArgument(folder),
    ],
  })
  app.quit()
}

const ARGUMENT = '--workspace='
const isWorkspaceArgument = (arg: string): boolean => arg.startsWith(ARGUMENT)
const workspaceArgument = (folder: string): string => `${ARGUMENT}${folder}`

/** The workspace that a start names, where the program was started; null: none. */
export function workspaceIn(args: readonly string[], cwd: string): string | null {
  const named = args.findLast(isWorkspaceArgument)?.slice(ARGUMENT.length)
  return named === undefined ? null : resolve(cwd, named)
}
