import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { channelsTo } from '../../src-main/queue/channel'
import type { Library } from '../../src-main/library/library'
import { builtWorker } from '../built'
import { WITHOUT_ENGINE, playInstaller } from './installer'
import { MANY_SETTINGS_STUDY, SYNTHETIC_STUDY, fillStudy, openShowcase, planSynthetic } from './showcase'
import type { Showcase } from './showcase'
import { tinyStudy, writeTinyImages } from './tiny-study'

/** What `npm run screenshots` takes pictures of: every place, full, empty and in trouble, with what opens over it. */

export interface Picture {
  readonly name: string
  /** "/runs?study=…", as the address has it after #. */
  readonly place: string
  /** What is done before the picture is taken; Esc undoes it. */
  readonly then?: (page: Page) => Promise<unknown>
}

/** A workspace and the pictures that are taken of it. */
export interface Scene {
  readonly showcase: Showcase
  readonly pictures: readonly Picture[]
}

const NEXT = SYNTHETIC_STUDY.replace('synthetic-mnist', 'synthetic-next').replace('[0, 1, 2]', '[3, 4]')
const PILOT = SYNTHETIC_STUDY.replace('synthetic-mnist', 'synthetic-pilot').replace('[0, 1, 2]', '[7]')

const press =
  (name: string | RegExp) =>
  (page: Page): Promise<void> =>
    page.getByRole('button', { name }).first().click()
const tab = (name: string) => (page: Page) => page.getByRole('tab', { name }).click()
const down = (pixels: number) => (page: Page) =>
  page.evaluate(`document.querySelector('main').scrollTo(0, ${pixels})`)

/** A workspace of synthetic runs, in which some train for ever. */
export async function fullScene(renderer: string): Promise<Scene> {
  /** Where MNIST and the trunk are installed, the runs' keys are those that Design asks for: it knows them again. */
  let known: Library | undefined
  const showcase = await openShowcase({
    renderer,
    fill: async (store, library) => {
      known = await planSynthetic(SYNTHETIC_STUDY, library).then(
        () => library,
        () => undefined,
      )
      await fillStudy(
        store,
        PILOT,
        ({ setting, config }) =>
          config.learning_rate === 1e-6 && setting === 'frozen-random'
            ? 'fail'
            : config.learning_rate < 3e-6 && setting === 'unfrozen-random'
              ? 'cancel'
              : 'train',
        known,
      )
      await fillStudy(store, SYNTHETIC_STUDY, undefined, known)
      await fillStudy(store, NEXT, (run) => (run.config.seed === 3 ? 'train' : 'leave'), known)
      await fillStudy(store, MANY_SETTINGS_STUDY, undefined, known)
    },
  })
  const { workbench } = showcase
  if (known === undefined)
    process.stderr.write(
      'MNIST or minilm-l6 is not installed: Design will say that its runs would be added.\n',
    )
  await workbench.startStudy(await planSynthetic(NEXT, known))

  /** Some that train now, beside some that have ended. */
  const watched = [
    ...workbench.progress().map(({ run }) => run),
    ...workbench.store
      .runs({ study: 'synthetic-next', states: ['finished'] })
      .filter(
        (run) =>
          run.setting === 'unfrozen-pretrained' && run.learningRate <= 1e-4 && run.learningRate >= 1e-5,
      )
      .map(({ id }) => id),
  ].join(',')
  const one = workbench.store
    .runs({ study: 'synthetic-mnist', states: ['finished'] })
    .find(({ setting }) => setting === 'unfrozen-pretrained')
  const run = `/runs/${one?.id ?? ''}?study=synthetic-mnist`
  // Nothing is in it but its length: the dialog that would write it asks no more.
  const weights = join(workbench.workspace, 'weights')
  mkdirSync(weights, { recursive: true })
  writeFileSync(join(weights, `${one?.id ?? ''}.${'a'.repeat(64)}.safetensors`), Buffer.alloc(4_000))
  const compare = '/compare?study=synthetic-mnist'

  return {
    showcase,
    pictures: [
      { name: 'studies', place: '/studies' },
      { name: 'studies-menu', place: '/studies', then: press('More for synthetic-mnist') },
      { name: 'design', place: '/design?study=synthetic-mnist' },
      {
        name: 'design-below',
        place: '/design?study=synthetic-mnist',
        then: (page) => page.getByRole('slider').first().scrollIntoViewIfNeeded(),
      },
      { name: 'design-start', place: '/design?study=synthetic-mnist', then: press('Start from') },
      { name: 'design-again', place: '/studies', then: chooseFile('theirs.json', exportOfTwo()) },
      { name: 'design-problems', place: '/design', then: spoil },
      { name: 'queue', place: '/queue' },
      { name: 'queue-cancel', place: '/queue', then: press(/^Cancel 1e-5/) },
      { name: 'runs', place: `/runs?runs=${watched}&study=synthetic-next` },
      { name: 'runs-all', place: '/runs' },
      { name: 'runs-grouped', place: '/runs?group=study,setting' },
      { name: 'runs-filter', place: '/runs', then: typeFilter },
      { name: 'runs-columns', place: '/runs', then: press('Columns') },
      { name: 'runs-views', place: '/runs', then: press('Views') },
      { name: 'runs-parallel', place: '/runs?study=synthetic-mnist&axes=setting,lr,seed,val/accuracy' },
      {
        name: 'runs-differences',
        place: `/runs?runs=${watched}&study=synthetic-next&pane=diff`,
        then: tab('Differences'),
      },
      { name: 'run', place: run },
      { name: 'run-trains', place: run, then: tab('What trains') },
      { name: 'run-weights', place: run, then: press('Export weights…') },
      { name: 'compare', place: compare },
      { name: 'compare-below', place: compare, then: down(900) },
      { name: 'compare-further', place: compare, then: down(2_400) },
      { name: 'compare-map', place: `${compare}&at=map`, then: openSquare },
      { name: 'compare-menu', place: `${compare}&at=table`, then: press(/^Copy or save/) },
      { name: 'compare-remedy', place: `${compare}&at=audit`, then: press(/^Train up to/) },
      { name: 'compare-many', place: '/compare?study=synthetic-masks' },
      { name: 'compare-many-below', place: '/compare?study=synthetic-masks', then: down(900) },
      { name: 'compare-early', place: '/compare?study=synthetic-next', then: press('Open early…') },
      { name: 'compare-error', place: '/compare?study=nobody' },
      { name: 'reports', place: '/reports?study=synthetic-mnist' },
      { name: 'reports-size', place: '/reports?study=synthetic-mnist', then: press(/mm, .* pt /) },
      { name: 'reports-folder', place: '/reports?study=synthetic-mnist', then: press(/^Choose: Folder/) },
      { name: 'library', place: '/library' },
      { name: 'library-add', place: '/library', then: press('Add a model') },
      { name: 'import-table', place: '/studies', then: chooseFile('theirs.csv', TABLE) },
      { name: 'settings', place: '/settings' },
      { name: 'settings-restore', place: '/settings', then: press(/^Restore the backup/) },
      { name: 'palette', place: '/studies', then: (page) => page.keyboard.press('Control+KeyK') },
      { name: 'keys', place: '/runs', then: (page) => page.keyboard.press('Control+/') },
    ],
  }
}

/** A study that is really trained, as far as the first of its seeds: its test is sealed. */
export async function sealedScene(renderer: string): Promise<Scene> {
  const showcase = await openShowcase({ renderer, openWorker: channelsTo(await builtWorker()) })
  const { workbench } = showcase
  const images = join(workbench.workspace, 'images')
  writeTinyImages(images, { train: 600, test: 200 })
  const study = (name: string, seeds: string): string =>
    tinyStudy({
      name,
      task: `{kind: idx-images, dir: ${images}, patch: 4}`,
      learning_rates: '{from: 1e-4, to: 1e-1, per_decade: 2}',
      seeds,
      training: '{batch_size: 8, max_steps: 60}',
      validation: '{every: 10, patience: 1000, examples: 40}',
    })
  await workbench.startStudy(await workbench.checkStudy(study('bands-pilot', '[0, 1]')))
  await workbench.idle('bands-pilot')
  // The same runs, of a study that asks for one seed more and waits.
  await workbench.startStudy(await workbench.checkStudy(study('bands', '[0, 1, 2]')))
  await workbench.stopStudy('bands')
  return { showcase, pictures: [{ name: 'compare-sealed', place: '/compare?study=bands' }] }
}

/** A machine without its engine: what it says of itself, and an installation that is half-way and one that failed. */
export async function engineScene(renderer: string): Promise<Scene> {
  const opened = await openShowcase({ renderer })
  const { machine } = opened.workbench
  machine.examine = () => Promise.resolve({ report: WITHOUT_ENGINE, at: new Date().toISOString() })
  Object.defineProperty(machine, 'hasEngine', { value: false })
  const installer = playInstaller()
  const install = (how: 'halfway' | 'failing') => async (page: Page) => {
    installer.next(how)
    await page.getByRole('button', { name: 'For the CPU' }).click()
    await page.getByText(how === 'halfway' ? '137 of 274 MB' : 'could not be installed').waitFor()
  }
  return {
    showcase: {
      ...opened,
      close() {
        installer.end()
        return opened.close()
      },
    },
    pictures: [
      { name: 'studies-no-engine', place: '/studies' },
      { name: 'settings-no-engine', place: '/settings' },
      { name: 'settings-installing', place: '/settings', then: install('halfway') },
      {
        name: 'settings-stopped',
        place: '/settings',
        then: (page) => machine.stopInstalling().then(() => page.getByText('Stopped;').waitFor()),
      },
      { name: 'settings-failed', place: '/settings', then: install('failing') },
    ],
  }
}

/** A new workspace. */
export async function emptyScene(renderer: string): Promise<Scene> {
  const places = ['studies', 'design', 'queue', 'runs', 'compare', 'reports', 'library', 'settings']
  return {
    showcase: await openShowcase({ renderer }),
    pictures: places.map((place) => ({ name: `${place}-empty`, place: `/${place}` })),
  }
}

/** Writes mistakes into the study file. */
async function spoil(page: Page): Promise<void> {
  const file = page.getByRole('textbox', { name: 'Study file in YAML' })
  await file.click()
  await page.keyboard.press('Control+End')
  await page.keyboard.insertText('\npatience: 3\nseed: [0]\n')
  await page.waitForTimeout(300)
  await page.keyboard.press('Escape')
}

async function typeFilter(page: Page): Promise<void> {
  await page.keyboard.press('/')
  await page.keyboard.type('lr < 1e-4 and s')
  await page.locator('.cm-tooltip-autocomplete').waitFor()
}

async function openSquare(page: Page): Promise<void> {
  await page.locator('[data-panel="map"]').scrollIntoViewIfNeeded()
  const square = page.getByRole('button', { name: /Arrow keys go to other runs/ }).first()
  await square.focus()
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'Enter']) await page.keyboard.press(key)
}

const chooseFile = (name: string, text: string) => async (page: Page) => {
  await page.getByRole('button', { name: 'Import runs …' }).first().click()
  await page
    .getByRole('dialog')
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })
  await page.waitForTimeout(800)
}

const TABLE = [
  'setting,lr,seed,val_acc,test_acc,mood',
  ...['frozen', 'full'].flatMap((setting, i) =>
    [1e-4, 1e-3].flatMap((rate, j) =>
      [0, 1].map((seed) => `${setting},${rate},${seed},${50 + 10 * i + 5 * j + seed},${49 + 10 * i},x`),
    ),
  ),
].join('\n')

/** Another workspace's export, of which a run is to be trained again. */
function exportOfTwo(): string {
  const run = { task: 'mnist', model: 'm', setting: 'frozen-random', learning_rate: 1e-3, state: 'finished' }
  const runs = [0, 1].map((seed) => ({ ...run, id: `0a64872f5cd${seed}`, seed, metrics: {}, config: {} }))
  return JSON.stringify({ study: 'theirs', protocol: {}, runs })
}
