import { describe, expect, it } from 'vitest'
import { expectWarning } from './setup'

describe('a test', () => {
  it('passes when the warning it asked for is printed', () => {
    expectWarning('low on')
    console.warn('running low on memory')
    expect(true).toBe(true)
  })

  it.fails('fails when it prints a warning that it did not ask for', () => {
    console.warn('surprise')
  })

  it.fails('fails when it prints an error that it did not ask for', () => {
    console.error(new Error('surprise'))
  })

  it.fails('fails when the warning it asked for is not printed', () => {
    expectWarning('low on')
  })
})
