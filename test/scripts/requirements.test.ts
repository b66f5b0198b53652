import { describe, expect, it } from 'vitest'
import { findTools, nodeProblem } from '../../scripts/requirements.js'

/** A machine on which only these commands succeed. */
const machine = (answers: Record<string, string>) => (program: string, args: readonly string[]) =>
  answers[[program, ...args].join(' ')] ?? null

const complete = {
  'python3 --version': 'Python 3.11.7',
  'python3 -m pip --version': 'pip 23.2',
  'c++ --version': 'c++ 12',
  'make --version': 'GNU Make 4.3',
}

describe('nodeProblem()', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('has nothing against Node %s', (version) => {
    expect(nodeProblem(version)).toBeNull()
  })

  it.each(['18.20.0', '20.18.3'])('names what is needed and what was found for Node %s', (version) => {
    expect(nodeProblem(version)).toMatch(new RegExp(`Node 20.19 or newer is needed, and this is ${version}`))
  })
})

describe('findTools()', () => {
  it('finds Python with pip and a compiler with make', () => {
    expect(findTools(machine(complete))).toEqual({ python: 'python3', compiler: 'c++', problems: [] })
  })

  it('says that Python is missing and how to install it', () => {
    const { 'python3 --version': _, ...rest } = complete
    const { python, problems } = findTools(machine(rest))
    expect(python).toBeNull()
    expect(problems).toEqual([expect.stringMatching(/^Python 3 is missing \(.*install/)])
  })

  it('does not take Python 2 for Python 3', () => {
    const { python } = findTools(machine({ ...complete, 'python3 --version': 'Python 2.7.18' }))
    expect(python).toBeNull()
  })

  it('tells a Python without pip from no Python', () => {
    const { 'python3 -m pip --version': _, ...rest } = complete
    expect(findTools(machine(rest)).problems).toEqual([expect.stringMatching(/its pip is missing/)])
  })

  it('has no compiler without make, and names both when both are missing', () => {
    const { 'make --version': _, ...rest } = complete
    expect(findTools(machine(rest))).toMatchObject({
      compiler: null,
      problems: [expect.stringMatching(/^make is missing \(.*install/)],
    })
    expect(findTools(machine({})).problems.join('\n')).toMatch(/a C\+\+ compiler and make are missing/)
  })
})
