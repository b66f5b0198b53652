import { expect, it } from 'vitest'
import { showProgress } from '../../src-main/cli/progress-display'
import type { RunRecord } from '../../src-main/run'

it('lines name a running run by setting, rate and seed, not by its id', () => {
  const said: string[] = []
  const run = { id: 'abc', setting: 'frozen-random', learningRate: 1e-3, seed: 2 } as RunRecord
  const close = showProgress(
    {
      status: () => [
        { name: 's', state: 'running', runs: { running: 1, finished: 3 }, planned: 4, secondsLeft: 90 },
      ],
      progress: () => [
        {
          run: 'abc',
          studies: ['s'],
          step: 7,
          savedStep: 0,
          of: 20,
          group: ['abc'],
          stepsPerSecond: 2,
          secondsLeft: 6.5,
        },
        {
          run: 'def',
          studies: ['t'],
          step: 1,
          savedStep: 0,
          of: 20,
          group: ['def'],
          stepsPerSecond: 2,
          secondsLeft: 9.5,
        },
      ],
      subscribe: () => () => undefined,
      store: { run: (id) => (id === 'abc' ? run : null) },
    },
    's',
    {
      json: false,
      quiet: false,
      isInteractive: false,
      print: () => undefined,
      document: () => undefined,
      note: (text) => void said.push(text),
      warn: () => undefined,
    },
  )
  close()
  expect(said).toEqual([
    's: 3 of 4 runs, 1:30 left',
    '  frozen-random, rate 1e-3, seed 2: step 7 of 20, 2.00 steps/s, 0:07 left',
  ])
})
