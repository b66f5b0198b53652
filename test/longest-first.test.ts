import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { LONGEST } from './longest-first'

it('names only test files that are there', () => {
  expect(LONGEST.filter((file) => !existsSync(join(import.meta.dirname, file)))).toEqual([])
})
