import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { InputError } from '../../src-main/errors'
import type { InstalledData, InstalledModel, Transfer } from '../../src-main/library/library'
import { builtRenderer } from '../built'
import { openShowcase } from './showcase'
import type { Showcase } from './showcase'
import { BROWSER, openWindow, sayUntested, seriousIn } from './window'
import type { Window } from './window'

sayUntested('THE LIBRARY PLACE')

/** A fetch whose steps the test sends, one after the other; what it was asked, and whether it was stopped. */
class SentFetch {
  asked: unknown[] = []
  stopped = false
  private steps: (Transfer | InputError | null)[] = []
  private wake: () => void = () => undefined

  send(step: Transfer | InputError | null): void {
    this.steps.push(step)
    this.wake()
  }

  readonly run = async function* <T>(
    this: SentFetch,
    result: T,
    place: string,
    name: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Transfer, T> {
    this.asked.push({ place, name })
    signal.addEventListener('abort', () => {
      this.stopped = true
      this.wake()
    })
    for (;;) {
      const step = this.steps.shift()
      if (signal.aborted) throw new Error('aborted')
      if (step === undefined) await new Promise<void>((resolve) => (this.wake = resolve))
      else if (step === null) return result
      else if (step instanceof InputError) throw step
      else yield step
    }
  }
}

describe.skipIf(BROWSER === '')('the Library place', () => {
  let showcase: Showcase
  let window: Window

  beforeAll(async () => {
    showcase = await openShowcase({ renderer: await builtRenderer() })
    window = await openWindow(showcase.link())
    await window.page.goto(`${new URL(window.page.url()).origin}/#/library`)
  }, 240_000)
  afterAll(async () => {
    await window.close()
    await showcase.close()
  })

  it('fetches a model by keys alone, closes the dialog meanwhile, and says on the shelf how far it is', async () => {
    const { page } = window
    const sent = new SentFetch()
    const fetchModel = vi
      .spyOn(showcase.workbench.library, 'fetchModel')
      .mockImplementation((place, name, signal) =>
        sent.run({ name: 'gpt2' } as InstalledModel, place, name, signal),
      )
    await page.getByRole('button', { name: 'Add a model' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Add a model' })
    await dialog.getByRole('radio', { name: 'A folder' }).focus()
    await page.keyboard.press('ArrowRight')
    await dialog.getByLabel('Name on the hub').waitFor()
    await window.settled()
    expect(await seriousIn(page, 'add a model from the hub')).toEqual([])
    await page.keyboard.press('Tab')
    await page.keyboard.type('openai-community/gpt2@main')
    await page.keyboard.press('Enter')
    await dialog.getByText('Asking for openai-community/gpt2@main').waitFor()
    expect(sent.asked).toEqual([{ place: 'openai-community/gpt2@main', name: undefined }])

    sent.send({ what: 'model.safetensors', done: 137_000_000, of: 548_000_000 })
    await dialog.getByText('Fetching model.safetensors, 137 MB of 548 MB').waitFor()
    expect(await seriousIn(page, 'a model that comes')).toEqual([])
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })

    // Another place is shown meanwhile.
    await page.keyboard.press('Alt+Digit1')
    await page.getByRole('heading', { level: 1, name: 'Studies' }).waitFor()
    sent.send({ what: 'model.safetensors', done: 274_000_000, of: 548_000_000 })
    await page.keyboard.press('Alt+Digit7')
    const coming = page.getByRole('list', { name: 'Models on their way' })
    await coming.getByText('274 MB of 548 MB').waitFor()
    await window.settled()
    expect(await seriousIn(page, 'a shelf with a fetch')).toEqual([])
    expect(sent.stopped).toBe(false)

    sent.send(null)
    await page.getByText('gpt2 is installed').waitFor()
    await coming.waitFor({ state: 'hidden' })
    fetchModel.mockRestore()
  })

  it('says size and address of CIFAR-10 before it is fetched; Cancel ends it, and it goes on at the next word', async () => {
    const { page } = window
    const sent = new SentFetch()
    const fetchData = vi
      .spyOn(showcase.workbench.library, 'fetchData')
      .mockImplementation((place, name, signal) =>
        sent.run({ name: 'cifar10' } as InstalledData, place, name, signal),
      )
    await page.getByRole('button', { name: 'Add a data set' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add a data set' })
    await dialog.getByText('Download cifar10').click()
    await dialog.getByText('https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz').waitFor()
    expect(fetchData).not.toHaveBeenCalled()
    await window.settled()
    expect(await seriousIn(page, 'fetch CIFAR-10')).toEqual([])
    await dialog.getByRole('button', { name: 'Fetch 170 MB' }).click()
    sent.send({ what: 'cifar-10-binary.tar.gz', done: 1_700_000, of: 170_052_171 })
    await dialog.getByText('1.70 MB of 170 MB').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.getByText('what was fetched is kept').waitFor()
    await vi.waitFor(() => expect(sent.stopped).toBe(true))
    await page.keyboard.press('Escape')

    const coming = page.getByRole('list', { name: 'Data sets on their way' })
    await coming.getByRole('button', { name: 'Fetch cifar10 again' }).click()
    await vi.waitFor(() => expect(fetchData).toHaveBeenCalledTimes(2))
    sent.send(null)
    await page.getByText('cifar10 is installed').waitFor()
    await coming.waitFor({ state: 'hidden' })
    fetchData.mockRestore()
  })

  it('says what is wrong in the sentence of the API, once, and does not ask again by itself', async () => {
    const { page } = window
    const sent = new SentFetch()
    const fetchModel = vi
      .spyOn(showcase.workbench.library, 'fetchModel')
      .mockImplementation((place, name, signal) => sent.run({} as InstalledModel, place, name, signal))
    sent.send(new InputError('nobody/nothing has no config.json', { field: 'models add' }))
    await page.getByRole('button', { name: 'Add a model' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add a model' })
    await dialog.getByText('The Hugging Face hub').click()
    await dialog.getByLabel('Name on the hub').fill('nobody/nothing')
    await page.keyboard.press('Enter')
    await dialog.getByRole('alert').getByText('Not fetched: nobody/nothing has no config.json').waitFor()
    await page.waitForTimeout(1_500)
    expect(fetchModel).toHaveBeenCalledTimes(1)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Forget the fetch of nobody/nothing' }).click()
    await page.getByRole('list', { name: 'Models on their way' }).waitFor({ state: 'hidden' })
    fetchModel.mockRestore()
  })
})
