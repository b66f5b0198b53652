import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { writePrivately } from '../workspace/private-file'

/** Where a window was when it was closed last, kept beside the program's other settings of this user. */
export interface Bounds {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const kept = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(1),
  height: z.int().min(1),
  isMaximized: z.boolean(),
})
export type WindowState = z.infer<typeof kept>

/** So much of a window must be on a screen for somebody to get hold of it. */
const VISIBLE = 100

/** Null where nothing was kept, or the screen that it was on has gone. */
export function readWindowState(file: string, screens: readonly Bounds[]): WindowState | null {
  try {
    const state = kept.parse(JSON.parse(readFileSync(file, 'utf8')))
    return screens.some((screen) => overlap(state, screen)) ? state : null
  } catch {
    return null
  }
}

/** A comfort: where it cannot be kept, the next window opens as the first one did. */
export function keepWindowState(file: string, state: WindowState): void {
  try {
    writePrivately(file, JSON.stringify(state))
  } catch {
    // Nothing is lost but a place on the screen.
  }
}

function overlap(window: Bounds, screen: Bounds): boolean {
  const across = Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x)
  const down = Math.min(window.y + window.height, screen.y + screen.height) - Math.max(window.y, screen.y)
  return across >= VISIBLE && down >= VISIBLE
}
