import type { PaceSource, PlanForecast, SweepPower } from '../../../src-main/forecast/forecaster'
import type { StartingOver } from '../../../src-main/api/starting-over'
import type { Study } from '../../../src-main/study/study'
import { moment, plural, score } from '../../format'

/** "1 task × 1 model × 4 settings × 4 rates × 3 seeds"; a line breaks between two of them, not within. */
export function factorsOf({ tasks, models, settings, learning_rates: rates, seeds }: Study): string {
  return [
    plural(tasks.length, 'task'),
    plural(models.length, 'model'),
    plural(settings.length, 'setting'),
    plural(rates.length, 'rate'),
    plural(seeds.length, 'seed'),
  ]
    .map((factor) => factor.replaceAll(' ', '\u00a0'))
    .join(' × ')
}

const SOURCES: Readonly<Record<PaceSource, string>> = {
  'earlier-runs': 'from earlier runs here',
  probe: 'from a few measured steps',
  scaled: 'scaled by operations from measured steps',
  operations: 'counted roughly',
}

/** Where the time comes from, or why there is none. */
export function sourceWords({ toTrain, seconds, from, isTraining, tooLarge }: PlanForecast): string {
  if (toTrain === 0) return 'every run has its result'
  if (seconds !== null) return from.map((source) => SOURCES[source]).join(', ')
  if (isTraining) return 'waits: something trains on this machine'
  return tooLarge > 0 ? 'what needs more memory than is free is not measured' : ''
}

/** How the memory is known, and of how many workers and which groups it is. */
export function memoryWords({ isMemoryMeasured, memoryWorkers, smallerGroups }: PlanForecast): string {
  const known = isMemoryMeasured ? 'measured' : 'counted roughly'
  const smaller = smallerGroups > 0 ? ', in smaller groups: larger ones need more than is free' : ''
  return `${known}, ${memoryWorkers === 1 ? 'one worker' : plural(memoryWorkers, 'worker')}${smaller}`
}

/** The smallest difference with its unit, and what it rests on. */
export function differenceWords({ metric, seeds, deviation, from, smallest }: SweepPower): {
  size: string
  about: string
} {
  if (smallest === null) return { size: 'none', about: 'one seed has no spread to tell chance by' }
  const unit = metric === 'accuracy' ? ' points' : ''
  const known = from === 'assumed' ? 'assumed: nothing like it was trained here' : 'as in earlier runs here'
  return {
    size: `${score(smallest, metric)}${unit}`,
    about: `${plural(seeds, 'seed')} that spread by ${score(deviation, metric)}${unit} (${known}), 80 % power`,
  }
}

const PARTS: Readonly<Record<StartingOver['changes'][number]['kind'], string>> = {
  rule: 'the selection rule',
  grid: 'what is compared',
  seeds: 'the seeds',
  protocol: 'the protocol',
}

/** What starting over a study of this name would change, a sentence a line; empty where nothing would. */
export function startingOverWords({
  isImported,
  changes,
  added,
  again,
  dropped,
  testOpenedAt,
}: StartingOver): string[] {
  if (isImported)
    return ['A study of this name was imported and cannot be started over; choose another name.']
  const parts = changes.map(({ kind }) => PARTS[kind])
  return [
    ...(parts.length === 0 ? [] : [`It changes ${parts.join(', ').replace(/, ([^,]*)$/, ' and $1')}.`]),
    ...(added === 0 ? [] : [`${plural(added, 'run')} would be added.`]),
    ...(again === 0 ? [] : [`${plural(again, 'failed or cancelled run')} would be trained again.`]),
    ...(dropped === 0 ? [] : [`${plural(dropped, 'run')} would be kept, marked “not in plan”.`]),
    ...(parts.length === 0 || testOpenedAt === null
      ? []
      : [
          `Its test scores could be seen since ${moment(testOpenedAt)}: every table will say “changed after test was seen”.`,
        ]),
  ]
}
