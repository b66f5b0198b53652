import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'

/**
 * Features of frozen trunks that a workspace keeps. What is removed is computed again when a run needs it, so this asks
 * nobody who may be training there.
 */
export function addFeatures(line: CommandLine): void {
  const features = line.add(
    'features',
    'the kept features of trunks before which nothing trains, and what they take',
    list,
  )
  line.add('remove', 'removes all of them; a run that needs some computes them again', remove, features)
}

async function list({ terminal, workspace }: Invocation): Promise<number> {
  const kept = await filesIn(join(workspace, 'features'))
  const bytes = kept.reduce((sum, file) => sum + file.bytes, 0)
  terminal.print(
    kept.length === 0
      ? 'no features'
      : `${kept.length} ${kept.length === 1 ? 'table' : 'tables'}, ${(bytes / 1e6).toFixed(1)} MB; fairsweep features remove frees it`,
  )
  terminal.document({ features: { tables: kept.length, bytes } })
  return EXIT.done
}

async function remove({ terminal, workspace }: Invocation): Promise<number> {
  const kept = await filesIn(join(workspace, 'features'))
  for (const { path } of kept) await rm(path, { force: true })
  const bytes = kept.reduce((sum, file) => sum + file.bytes, 0)
  terminal.print(`${(bytes / 1e6).toFixed(1)} MB are free again`)
  terminal.document({ removed: { tables: kept.length, bytes } })
  return EXIT.done
}

async function filesIn(folder: string): Promise<{ path: string; bytes: number }[]> {
  const names = await readdir(folder).catch(() => [])
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      return { path, bytes: (await stat(path)).size }
    }),
  )
}
