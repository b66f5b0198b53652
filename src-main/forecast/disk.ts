import type { CellFacts } from '../library/describe-cells'
import { SMALL_WEIGHTS_BYTES } from '../run'
import type { KeptWeights, RunConfig } from '../run'
import { FLOAT_BYTES } from './operations'

/** Four metrics are logged at every step, packed and deflated to about so much together. */
const POINT_BYTES_PER_STEP = 20
/** A checkpoint holds weights, two moments and the best weights; two are kept of every run in training. */
const COPIES = 2 * 4

/** Bytes that the history of one run adds to the workspace, for good. */
export const historyBytes = ({ training }: RunConfig): number => training.max_steps * POINT_BYTES_PER_STEP

/** Bytes of the trained weights of a complete run, which stay: those of the best step. */
export function weightBytes({ parameters }: CellFacts, kept: KeptWeights): number {
  const bytes = FLOAT_BYTES * parameters.trained
  return kept === 'all' || (kept === 'small' && bytes <= SMALL_WEIGHTS_BYTES) ? bytes : 0
}

/** Bytes of checkpoints while a group trains; they are removed when its runs have ended. */
export const checkpointBytes = ({ parameters }: CellFacts, slots: number): number =>
  slots * COPIES * FLOAT_BYTES * parameters.trained
