import type { PlannedRun } from '../study/study'

/**
 * A run as it would be with all of its examples padded to the longest, so that every step takes as long as any other:
 * what is measured of it says the same whichever steps were measured.
 */
export function paddedToLongest(run: PlannedRun): PlannedRun {
  const { config, taskSource } = run
  return {
    ...run,
    config: { ...config, task: { ...config.task, options: withoutLengths(config.task.options) } },
    taskSource: { ...taskSource, options: withoutLengths(taskSource.options) },
  }
}

const withoutLengths = <Options extends object>(options: Options): Options =>
  Object.fromEntries(Object.entries(options).filter(([key]) => key !== 'batches')) as Options
