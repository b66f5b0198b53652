import { createHash } from 'node:crypto'
import { availableParallelism, cpus } from 'node:os'
import { installation } from '../installation'
import type { RunConfig } from '../run'
import type { ChosenWay } from '../store/store'
import type { Plan, PlannedRun } from '../study/study'
import { stepOptions } from './step-options'
import { machineCores } from './way-candidates'

/** Ways of training that a workspace remembers, and what they are known by. */

/** A study's words for a cell. */
export const wordsOf = ({ task, model, setting }: PlannedRun): string => `${task}\n${model}\n${setting}`

/** What was chosen for the study, or else for another study's runs of the same kind, on this device. */
export function keptWay(
  chosen: readonly ChosenWay[],
  { study }: Plan,
  { config }: PlannedRun,
): ChosenWay | undefined {
  if (chosen.length === 0) return undefined
  const [program, device] = [programHash(config, 'measured'), deviceName()]
  const alike = chosen.filter((way) => way.program === program && way.device === device)
  return alike.find((way) => way.study === study.name) ?? alike[0]
}

/** What memory decided for the study, on this device: the same after a restart, however much there is then. */
export function countedWay(
  chosen: readonly ChosenWay[],
  { study }: Plan,
  { config }: PlannedRun,
): ChosenWay | undefined {
  const own = chosen.filter((way) => way.study === study.name && way.device === deviceName())
  if (own.length === 0) return undefined
  const program = programHash(config, 'counted')
  return own.find((way) => way.program === program)
}

/** What a step's work depends on, and the program that does it: not on where first values come from. */
export function programHash(
  { task, model, setting, training, precision }: RunConfig,
  by: 'measured' | 'counted',
): string {
  const step = [task, model, setting.train, ...stepOptions(training), precision]
  const program = [installation.version, process.env['FAIRSWEEP_ENGINE'] ?? null]
  const content = JSON.stringify([step, ...program, ...(by === 'counted' ? [by] : [])])
  return createHash('sha256').update(content).digest('hex').slice(0, 32)
}

export const deviceName = (): string =>
  `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} cores${machineCores().isGpu ? ', GPU' : ''}`
