import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The workspace where none is named: FAIRSWEEP_WORKSPACE, else `fairsweep` in the user's data folder. */
export function defaultWorkspace(
  environment: NodeJS.ProcessEnv = process.env,
  platform = process.platform,
): string {
  const { FAIRSWEEP_WORKSPACE, XDG_DATA_HOME, APPDATA } = environment
  if (FAIRSWEEP_WORKSPACE) return resolve(FAIRSWEEP_WORKSPACE)
  if (platform === 'win32' && APPDATA) return join(APPDATA, 'fairsweep')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'fairsweep')
  return join(XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'fairsweep')
}
