import Database from 'better-sqlite3'

export type StoreErrorCode =
  | 'missing'
  | 'not-a-history'
  | 'newer-database'
  | 'older-database'
  | 'sqlite-too-old'
  | 'bad-migration'
  | 'writer-active'
  | 'busy'
  | 'damaged'
  | 'disk-full'
  | 'not-writable'
  | 'overlap'

/** The database cannot do what was asked. The message names the file and what the user can do about it. */
export class StoreError extends Error {
  override readonly name = 'StoreError'

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

const WORDS: readonly (readonly [prefix: string, code: StoreErrorCode, words: string])[] = [
  ['SQLITE_BUSY', 'busy', 'another program holds it for too long; close that program and try again'],
  ['SQLITE_LOCKED', 'busy', 'another connection holds it; try again'],
  [
    'SQLITE_FULL',
    'disk-full',
    'the disk is full, nothing of this step was written; free some space and resume',
  ],
  [
    'SQLITE_CORRUPT',
    'damaged',
    'the file is damaged; keep it; copies made before upgrades, if there were any, are in the folder backups beside it',
  ],
  [
    'SQLITE_NOTADB',
    'not-a-history',
    'the file is not a Fairsweep history; move it away or choose another workspace',
  ],
  ['SQLITE_READONLY', 'not-writable', 'it is not writable; check the permissions of file and folder'],
  [
    'SQLITE_CANTOPEN',
    'not-writable',
    'it cannot be opened; check that the folder exists and its permissions',
  ],
  ['SQLITE_IOERR', 'damaged', 'reading or writing failed; check the disk'],
]

/** Runs `work` on the database at `path`; what SQLite refuses there becomes a `StoreError`. */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
    const entry = WORDS.find(([prefix]) => error.code.startsWith(prefix))
    if (entry === undefined) throw error
    throw new StoreError(entry[1], `${path}: ${entry[2]} (${error.code})`, { cause: error })
  }
}
