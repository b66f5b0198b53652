import { expect, it } from 'vitest'
import { RunMeter } from '../../src-main/queue/progress'

function meter(fromStep = 0) {
  let now = 100
  const run = new RunMeter({ run: 'a', studies: ['s'], of: 1000, group: ['a'] }, fromStep, () => now)
  return { run, at: (seconds: number) => (now = 100 + seconds) }
}

it('speed and time left are unknown before the first step', () => {
  expect(meter().run.read()).toMatchObject({ step: 0, stepsPerSecond: null, secondsLeft: null })
})

it('speed counts the steps of this session only, so a resumed run is not thought fast', () => {
  const { run, at } = meter(500)
  at(10)
  run.reached(600)
  expect(run.read()).toMatchObject({ step: 600, stepsPerSecond: 10, secondsLeft: 40 })
})

it('speed follows the last seconds', () => {
  const { run, at } = meter()
  for (let second = 1; second <= 60; second++) {
    at(second)
    run.reached(second)
  }
  for (let second = 61; second <= 90; second++) {
    at(second)
    run.reached(60 + (second - 60) * 10)
  }
  expect(run.read().stepsPerSecond).toBeCloseTo(10, 0)
})
