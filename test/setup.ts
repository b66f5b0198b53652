import { afterEach, beforeEach, expect, vi } from 'vitest'

/**
 * A test that prints a warning or an error it did not ask for fails. Ask with `expectWarning('part of the text')`
 * anywhere in the test; a warning that was asked for and did not come fails the test too.
 */
const printed: string[] = []
let expected: (string | RegExp)[] = []

const record = (...args: unknown[]): void => {
  printed.push(args.map((arg) => (arg instanceof Error ? (arg.stack ?? arg.message) : String(arg))).join(' '))
}

export function expectWarning(text: string | RegExp): void {
  expected.push(text)
}

beforeEach(() => {
  printed.length = 0
  expected = []
  vi.spyOn(console, 'warn').mockImplementation(record)
  vi.spyOn(console, 'error').mockImplementation(record)
})

afterEach(() => {
  vi.mocked(console.warn).mockRestore()
  vi.mocked(console.error).mockRestore()
  const matches = (line: string, text: string | RegExp): boolean =>
    typeof text === 'string' ? line.includes(text) : text.test(line)
  const surprising = printed.filter((line) => !expected.some((text) => matches(line, text)))
  const missing = expected.filter((text) => !printed.some((line) => matches(line, text)))
  expect(surprising, 'warnings and errors printed that no expectWarning() asked for').toEqual([])
  expect(missing, 'warnings that expectWarning() asked for and that were not printed').toEqual([])
})
