/** Where an input went wrong, as exactly as is known. */
export interface InputPlace {
  readonly file?: string
  /** 1-based. */
  readonly line?: number
  /** Dotted path of the field ("training.batch_size"), a flag ("--filter"), or a tensor's name. */
  readonly field?: string
}

/**
 * What the user gave cannot be used. The command line prints `message` alone and exits with code 2; the API answers
 * it as a bad request. The message says what was found and what was expected.
 */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly problem: string
  readonly place: InputPlace

  constructor(problem: string, place: InputPlace = {}) {
    super(describe(problem, place))
    this.problem = problem
    this.place = place
  }
}

/** Several problems of one input, reported together. */
export class InputErrors extends InputError {
  readonly errors: readonly InputError[]

  constructor(errors: readonly InputError[]) {
    super(errors[0]?.problem ?? 'bad input', errors[0]?.place)
    this.errors = errors
    this.message = errors.map((error) => error.message).join('\n')
  }
}

function describe(problem: string, { file, line, field }: InputPlace): string {
  const where = [file, line].filter((part) => part !== undefined).join(':')
  return [where, field, problem].filter((part) => part !== undefined && part !== '').join(': ')
}
