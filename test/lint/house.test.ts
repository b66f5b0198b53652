import { ESLint, Linter } from 'eslint'
import { parser } from 'typescript-eslint'
import { describe, expect, it } from 'vitest'
import { house } from '../../lint/house.js'

/** What the layer rule says about a file with this text. */
function lint(filename: string, code: string): string[] {
  const linter = new Linter({ cwd: '/house' })
  const config: Linter.Config = {
    files: ['**/*.ts'],
    languageOptions: { parser },
    plugins: { house },
    rules: { 'house/layers': 'error' },
  }
  return linter.verify(code, config, `/house/${filename}`).map(({ message }) => message)
}

describe('the layers of the house', () => {
  it.each([
    ['src-main/models/bert.ts', "import { tf } from '../engine'"],
    ['src-main/models/bert.ts', "import { InputError } from '../errors'"],
    ['src-main/models/bert.ts', "import { Linear } from './linear'"],
    ['src-main/models/build.ts', "import type { Task } from '../tasks/task'"],
    ['src-main/training/loop.ts', "import { tf } from '../engine'\nimport { build } from '../models/build'"],
    ['src-main/analysis/selection.ts', "import { roundRate } from '../study/rates'"],
    ['src-main/queue/queue.ts', "import type { FromWorker } from '../training/messages'"],
    ['src-main/store/database.ts', "import Database from 'better-sqlite3'"],
    ['src-main/api/ipc.ts', "import { ipcMain } from 'electron'"],
    ['src-renderer/views/Compare.ts', "import type { Row } from '../../src-main/store/run-rows'"],
    ['src-renderer/views/Compare.ts', "import { compare } from '../../src-main/analysis/comparison'"],
    ['test/models/bert.test.ts', "import { openStore } from '../../src-main/store/open'"],
  ])('let %s have %s', (file, code) => {
    expect(lint(file, code)).toEqual([])
  })

  it.each([
    [
      'src-main/models/bert.ts',
      "import { mnist } from '../tasks'",
      /models may import values from engine,.*src-main\/tasks/,
    ],
    ['src-main/models/bert.ts', "export { mnist } from '../tasks'", /models may import values from engine/],
    ['src-main/models/bert.ts', "export * from '../tasks'", /models may import values from engine/],
    [
      'src-main/models/bert.ts',
      "const tasks = await import('../tasks')",
      /models may import values from engine/,
    ],
    ['src-main/models/bert.ts', "import type { Idx } from '../tasks/idx'", /types of the seams/],
    [
      'src-main/tasks/mnist.ts',
      "import { bert } from '../models/bert'",
      /tasks may import values from engine/,
    ],
    [
      'src-main/queue/queue.ts',
      "import { trainJob } from '../training/job'",
      /queue may import values from no other room/,
    ],
    [
      'src-main/queue/queue.ts',
      "import { openStore } from '../store/open'",
      /queue may import values from no other room/,
    ],
    [
      'src-main/study/read.ts',
      "import { workbench } from '../workbench'",
      /study may import values from no other room/,
    ],
    [
      'src-main/analysis/ranking.ts',
      "import { readFile } from 'node:fs/promises'",
      /Node .* may not be imported here/,
    ],
    ['src-renderer/api.ts', "import { join } from 'node:path'", /Node .* may not be imported here/],
    [
      'src-renderer/api.ts',
      "import { readStudy } from '../src-main/study/read'",
      /src-renderer may import values from/,
    ],
    ['src-main/workbench.ts', "import { app } from 'electron'", /Electron .* may not be imported here/],
    [
      'src-main/queue/queue.ts',
      "import Database from 'better-sqlite3'",
      /SQLite .* may not be imported here/,
    ],
    [
      'src-main/training/loop.ts',
      "import * as tf from '@tensorflow/tfjs'",
      /The tensor library .* may not be/,
    ],
    ['src-main/cellar/wine.ts', "import { tf } from '../engine'", /cellar is not in the table of rooms/],
    ['src-main/store/utils.ts', 'export {}', /utils.ts says nothing by its name/],
  ])('do not let %s have %s', (file, code, message) => {
    expect(lint(file, code)).toEqual([expect.stringMatching(message)])
  })

  it('are in the configuration that lint runs with, and nothing in a file turns them off', async () => {
    const config = (await new ESLint().calculateConfigForFile('src-main/models/bert.ts')) as Linter.Config
    expect(config.rules?.['house/layers']).toEqual([2])
    expect(config.linterOptions?.noInlineConfig).toBe(true)
  })
})
