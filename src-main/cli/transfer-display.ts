import { SingleBar } from 'cli-progress'
import type { Terminal } from './terminal'
import { bytesText } from './words'

/** How far the writing, reading or fetching of files is, in bytes or in what else is counted. */
export interface Transferred {
  /** What is at work now: "model.safetensors". */
  readonly what?: string
  readonly done: number
  readonly of: number
}

export interface TransferDisplay {
  show(transferred: Transferred): void
  /** Leaves the terminal as it was; may be called twice. */
  end(): void
}

/** Without a terminal to draw on, a line so often. */
const LINE_MS = 10_000

/**
 * @param doing what is done with the bytes: "fetching"
 * @param say a number of them in words
 */
export function transferDisplay(terminal: Terminal, doing: string, say = bytesText): TransferDisplay {
  if (!terminal.isInteractive) return lines(terminal, doing, say)
  let bar: SingleBar | null = null
  return {
    show({ what = '', done, of }) {
      const words = { what, sizes: `${say(done)} of ${say(of)}` }
      if (bar === null) {
        bar = new SingleBar({
          format: `${doing} {bar} {sizes}  {what}`,
          stream: process.stderr,
          hideCursor: true,
          clearOnComplete: true,
        })
        bar.start(of, done, words)
      }
      bar.setTotal(of)
      bar.update(done, words)
    },
    end() {
      bar?.stop()
      bar = null
    },
  }
}

function lines(terminal: Terminal, doing: string, say: (count: number) => string): TransferDisplay {
  let next = Date.now() + LINE_MS
  return {
    show({ what = '', done, of }) {
      if (Date.now() < next) return
      next = Date.now() + LINE_MS
      terminal.note(`${doing} ${what}: ${say(done)} of ${say(of)}`)
    },
    end: () => undefined,
  }
}
