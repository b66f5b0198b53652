import type { CellFacts } from '../library/describe-cells'
import type { RunConfig } from '../run'

/** A fused group as far as its time and memory go: those of one kind take the same. */
export interface GroupKind {
  readonly cell: CellFacts
  /** Of any of its runs. */
  readonly config: RunConfig
  /** Its size, places of runs that have ended among them. */
  readonly slots: number
}

/** Floating-point operations of one step of all its runs. */
export const stepFlops = ({ cell, config, slots }: GroupKind): number =>
  slots * config.training.batch_size * cell.flops.training

/** Of scoring one example by all its runs. */
export const scoreFlops = ({ cell, slots }: GroupKind): number => slots * cell.flops.forward
