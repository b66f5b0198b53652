import { isDeepStrictEqual } from 'node:util'
import type { ImportedConfig, RunConfig, TrainingOptions } from '../run'
import { isTrainable, type ImportedStudy, type Study } from './study'

/**
 * Options that came after the first runs were trained, each at the value that trains as before there was the option.
 * At that value an option is no part of a run's key, so that runs of earlier versions are still known; and what an
 * earlier version stored is read as if it said so.
 */
export const LATER_OPTIONS = {
  weight_decay: 0,
  momentum: 0,
  betas: [0.9, 0.999],
  eps: 1e-8,
  schedule: 'constant',
  warmup_steps: 0,
  accumulate_steps: 1,
  label_smoothing: 0,
} satisfies Partial<TrainingOptions>

/** A study as some version stored it, with every option that there is now. */
export const wholeStudy = (stored: Study | ImportedStudy): Study | ImportedStudy =>
  isTrainable(stored) ? { ...stored, training: whole(stored.training) } : stored

/** A run's configuration as some version stored it, with every option that there is now. */
export const wholeConfig = <Stored extends Partial<RunConfig> | Partial<ImportedConfig>>(
  stored: Stored,
): Stored =>
  'training' in stored && stored.training !== undefined
    ? { ...stored, training: whole(stored.training) }
    : stored

/** What was stored stands first, as it was written. */
const whole = <Stored extends object>(stored: Stored): Stored => ({ ...stored, ...LATER_OPTIONS, ...stored })

/** Training options without the later ones that change nothing: what keys are made of. */
export const keyedTraining = (training: TrainingOptions): Partial<TrainingOptions> =>
  Object.fromEntries(Object.entries(training).filter(([key, value]) => !isIdle(key, value)))

const isIdle = (key: string, value: unknown): boolean =>
  Object.hasOwn(LATER_OPTIONS, key) &&
  isDeepStrictEqual(value, LATER_OPTIONS[key as keyof typeof LATER_OPTIONS])
