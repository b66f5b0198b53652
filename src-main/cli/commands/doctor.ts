import { examine } from '../../engine'
import type { EngineReport } from '../../engine'
import { installation } from '../../installation'
import type { CommandLine, Invocation } from '../command-line'
import type { DoctorDocument } from '../documents'
import { openWorkbench } from '../../workbench'
import { EXIT } from '../exit'
import { bytesText, tableText } from '../words'

export function addDoctor(line: CommandLine): void {
  line.add('doctor', 'engine, devices, measured speed, and what to do about whatever is missing', doctor)
}

async function doctor({ terminal, workspace }: Invocation): Promise<number> {
  terminal.note('measuring …')
  const document = documentOf(await examine(), workspace, await waysOf(workspace))
  terminal.print(doctorText(document))
  terminal.document(document)
  return EXIT.done
}

/** Ways of training that were measured here; none where the workspace cannot be read. */
async function waysOf(workspace: string): Promise<DoctorDocument['ways']> {
  try {
    const workbench = await openWorkbench({ workspace, access: 'reader' })
    const ways = workbench.store.trainingWays().filter(({ way }) => way.why !== '')
    await workbench.close()
    return ways.map(({ study, cell, device, way }) => ({ study, cell, device, chosen: way.why }))
  } catch {
    return []
  }
}

function documentOf(
  { engine, devices, gflops, cache, missing }: EngineReport,
  workspace: string,
  ways: DoctorDocument['ways'],
): DoctorDocument {
  return {
    fairsweep: installation.version,
    engine: {
      name: engine.name,
      device: engine.device,
      versions: { ...engine.versions },
      threads: engine.threads,
      gflops,
      warning: engine.warning,
    },
    devices: devices.map((device) => ({ ...device })),
    cache: { folder: cache.folder, parts: cache.parts.map((part) => ({ ...part })) },
    workspace,
    ways,
    missing: missing.map((thing) => ({ ...thing })),
  }
}

function doctorText({ fairsweep, engine, devices, cache, workspace, ways, missing }: DoctorDocument): string {
  const versions = Object.entries(engine.versions).map(([name, version]) => `${name} ${version}`)
  const total = cache.parts.reduce((sum, { bytes }) => sum + bytes, 0)
  const rows = [
    ['Fairsweep', fairsweep],
    ['engine', `${engine.name} on ${engine.device}, ${engine.threads} threads`],
    ['versions', versions.join(', ')],
    ['speed', `${engine.gflops.toFixed(0)} GFLOP/s in float32 products`],
    ...devices.map(({ kind, name, detail }) => [kind, `${name}, ${detail}`]),
    ['workspace', workspace],
    ...ways.map(({ study, cell, chosen }) => [`training ${study}`, `${cell}: ${chosen}`]),
    ['cache', `${cache.folder}, ${bytesText(total)}`],
    ...cache.parts.map(({ name, bytes }) => ['', `${name}: ${bytesText(bytes)}`]),
  ]
  const advice = missing.map(({ what, todo }) => `- ${what} To do: ${todo}`)
  const verdict = missing.length === 0 ? 'Nothing is missing.' : `Missing:\n${advice.join('\n')}`
  return `${tableText(['', ''], rows).trimStart()}\n\n${verdict}`
}
