import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import LongestFirst from './test/longest-first'

/**
 * Three projects: everything that runs in Node, the journeys through the whole program, and the renderer's pure parts and
 * components.
 * Training tests share few cores with TensorFlow's own threads, so few files run at once: one more than the two cores of a
 * small machine, since a browser that waits leaves its core to others.
 */
export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line.ts'],
    pool: 'forks',
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // What trains in tests is too small to be measured, and is to be trained alike everywhere.
    env: { FAIRSWEEP_WAYS: 'usual' },
    // Above what a test takes on a machine that does much else: a slow test is not a wrong one.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'main',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/renderer/**', 'test/e2e/**'],
          setupFiles: ['test/setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'journeys',
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          setupFiles: ['test/setup.ts'],
          // A browser and training share two cores with another file: a click may meet a page that still moves. What passes
          // only at the second attempt is named at the end (test/closing-line.ts).
          retry: 1,
        },
      },
      {
        extends: true,
        plugins: [vue()],
        test: {
          name: 'renderer',
          environment: 'node',
          include: ['test/renderer/**/*.test.ts'],
          setupFiles: ['test/setup.ts'],
        },
      },
    ],
  },
})
