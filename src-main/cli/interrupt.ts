import { EXIT } from './exit'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The first signal saves by `save`, a second one leaves at once. */
export function onInterrupt(save: () => Promise<void>): { stopListening(): void } {
  let saving = false
  const listen = (): void => {
    if (saving) process.exit(EXIT.interrupted)
    saving = true
    save().catch((error: unknown) => {
      process.stderr.write(`the state could not be saved: ${String(error)}\n`)
      process.exit(EXIT.failed)
    })
  }
  for (const signal of SIGNALS) process.on(signal, listen)
  return {
    stopListening() {
      for (const signal of SIGNALS) process.off(signal, listen)
    },
  }
}
