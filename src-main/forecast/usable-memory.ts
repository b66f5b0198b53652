import { totalmem } from 'node:os'
import { availableMemory } from '../queue/machine'

/** Counted bytes are a rough guess and measured ones grow; what the system has for other work is left to it. */
const MOST_OF_FREE_MEMORY = 0.7

/** Bytes that training may plan with when nothing else trains. */
export const memoryWhenIdle = (): number => MOST_OF_FREE_MEMORY * totalmem()

/** Bytes that training may plan with, of what is free now. */
export async function usableMemory(): Promise<number> {
  return MOST_OF_FREE_MEMORY * (await availableMemory())
}
