/** Exit codes, a promise to scripts. */
export const EXIT = {
  done: 0,
  /** Something failed: some runs, or this program. */
  failed: 1,
  /** The input is wrong; the message says where. */
  badInput: 2,
  /** Stopped before the end; the state is saved. */
  interrupted: 130,
} as const
