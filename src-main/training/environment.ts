import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineInfo } from '../engine'
import { installation } from '../installation'
import type { Environment } from '../run'

/** What this worker trains with. */
export function describeEnvironment({ name, device, versions, threads }: EngineInfo): Environment {
  return {
    engine: name,
    device,
    versions: { fairsweep: installation.version, ...versions },
    threads,
    group_size: 1,
    commit: checkedOutCommit(installation.root),
  }
}

/** The commit this program is, "-dirty" where files differ from it; null where it is not a checkout. */
function checkedOutCommit(root: string): string | null {
  if (!existsSync(join(root, '.git'))) return null
  try {
    const describe = ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*']
    return execFileSync('git', describe, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return null
  }
}
