import type { Reporter, TestCase, TestModule } from 'vitest/node'

/**
 * Ends the run with one plain line, "12 passed, 0 failed, 1 skipped", for machines that read the output. Before it, what
 * passed only at a further attempt is named, for people to look at.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length
    for (const test of tests.filter(passedLate)) {
      process.stdout.write(
        `! PASSED ONLY AT A FURTHER ATTEMPT: ${test.module.relativeModuleId} > ${test.fullName}\n`,
      )
    }
    // A file that does not load, or an error outside any test, fails the run without a failing test.
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length
    const skipped = count('skipped')
    process.stdout.write(
      `${count('passed')} passed, ${count('failed') + broken} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
    )
  }
}

const passedLate = (test: TestCase): boolean => test.diagnostic()?.flaky === true
