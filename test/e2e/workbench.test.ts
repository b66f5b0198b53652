import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startHttpDoor } from '../../src-main/api/http'
import type { HttpDoor } from '../../src-main/api/http'
import { channelsTo } from '../../src-main/queue/channel'
import { openWorkbench } from '../../src-main/workbench'
import type { Workbench } from '../../src-main/workbench'
import { builtRenderer, builtWorker } from '../built'
import { takeJourney } from './journey'
import { writeTinyImages } from './tiny-study'
import { BROWSER, openWindow, sayUntested } from './window'
import type { Window } from './window'

/**
 * The main job as a user does it: the real workbench in a real browser, training for real. What is small is only the
 * study: a random trunk of one layer on synthetic images.
 */

const root = join(import.meta.dirname, '../..')
sayUntested('THE WORKBENCH, FROM DESIGN TO REPORT,')

let folder: string
let workbench: Workbench
let door: HttpDoor
let window: Window
let page: Page

describe.skipIf(BROWSER === '')('the workbench', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairsweep-e2e-'))
    const [worker, renderer] = await Promise.all([builtWorker(), builtRenderer()])
    writeTinyImages(join(folder, 'images'), { train: 500, test: 80 })
    workbench = await openWorkbench({
      workspace: join(folder, 'workspace'),
      access: 'owner',
      openWorker: channelsTo(worker),
    })
    door = await startHttpDoor(workbench, { renderer })
    window = await openWindow(door.launchUrl())
    page = window.page
  }, 120_000)

  afterAll(async () => {
    await window.close()
    await door.close()
    await workbench.close()
    rmSync(folder, { recursive: true, force: true })
  })

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return
    await page.screenshot({ path: join(root, 'test-results/workbench.png'), fullPage: true })
  })

  test(
    'a study is designed, trained, paused, resumed and compared by hand',
    { timeout: 480_000 },
    async () => {
      await page.goto(door.launchUrl())
      await takeJourney({
        page,
        workspace: join(folder, 'workspace'),
        images: join(folder, 'images'),
        store: workbench.store,
        isTraining: () => workbench.progress().length > 0,
        openFile: async (path) => {
          const paper = await page.context().browser()!.newPage()
          await paper.goto(`file://${path}`)
          return paper
        },
      })
      expect(window.complaints).toEqual([])
    },
  )
})
