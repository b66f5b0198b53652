import { randomUUID } from 'node:crypto'
import { basename, extname } from 'node:path'
import { InputError } from '../errors'
import { readUtf8 } from '../imports/file-bytes'

/** A file that somebody opened from outside the workbench, as the page shows it. */
export type OpenedFile =
  | { readonly kind: 'study'; readonly name: string; readonly text: string }
  /** Looked at for import. */
  | { readonly kind: 'runs'; readonly name: string; readonly path: string }

const STUDY_ENDINGS: ReadonlySet<string> = new Set(['.yaml', '.yml'])
const BUNDLE_ENDING = '.fairsweep'
/** The largest file that is taken for a study. */
const LARGEST_STUDY = 1_000_000
/** Of what was opened in one sitting, so much can be gone back to. */
const KEPT = 100

/** Whether the workbench is the program for files of this name: a study file or a bundle. */
export const isOurFile = (path: string): boolean => {
  const ending = extname(path).toLowerCase()
  return ending === BUNDLE_ENDING || STUDY_ENDINGS.has(ending)
}

/**
 * Files opened by a double-click or with the program's command line. The page is told a ticket and never a path, so that
 * no link can make it read a file that nobody opened.
 */
export class OpenedFiles {
  private readonly paths = new Map<string, string>()

  /** Gives the ticket that `read` takes. */
  put(path: string): string {
    const ticket = randomUUID()
    this.paths.set(ticket, path)
    const [oldest] = this.paths.keys()
    if (this.paths.size > KEPT && oldest !== undefined) this.paths.delete(oldest)
    return ticket
  }

  /** @throws {InputError} for a ticket of an earlier sitting, or a file that cannot be read */
  async read(ticket: string): Promise<OpenedFile> {
    const path = this.paths.get(ticket)
    if (path === undefined) {
      throw new InputError('this file was opened before the workbench started anew; open it again')
    }
    const name = basename(path)
    if (!STUDY_ENDINGS.has(extname(path).toLowerCase())) return { kind: 'runs', name, path }
    return { kind: 'study', name, text: await readUtf8(path, { largest: LARGEST_STUDY, follow: true }) }
  }
}
