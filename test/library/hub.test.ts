import { readFileSync } from 'node:fs'
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { InstalledData, InstalledModel, Library, Transfer } from '../../src-main/library/library'
import { LibraryFolder, TINY_MODEL } from './library-folder'
import { COMMIT, FakeHub } from './served-files'

const REPO = 'someone/tiny-bert'
const file = (name: string) => readFileSync(join(TINY_MODEL, name))
const small = (bytes: Buffer | string) => ({ bytes: Buffer.from(bytes), isLarge: false })
const WHOLE = {
  'config.json': small(file('config.json')),
  'model.safetensors': { bytes: file('model.safetensors'), isLarge: true },
  'pytorch_model.bin': { bytes: Buffer.from('pickle'), isLarge: true },
  'README.md': small('words'),
}

let folder: LibraryFolder
let library: Library
let hub: FakeHub
beforeEach(async () => {
  folder = await LibraryFolder.make()
  library = await folder.open()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await hub.close()
  await folder.remove()
})

async function serve(files: Parameters<typeof FakeHub.serve>[1]): Promise<void> {
  hub = await FakeHub.serve(REPO, files)
  vi.stubEnv('HF_ENDPOINT', hub.address)
  vi.stubEnv('HF_TOKEN', '')
}

/** Fetches to the end; `on` hears how far it is. */
async function fetched(
  name?: string,
  { place = REPO, on = (_: Transfer): void => undefined, signal = new AbortController().signal } = {},
): Promise<InstalledModel | InstalledData> {
  const fetching = library.fetchModel(place, name, signal)
  for (;;) {
    const step = await fetching.next()
    if (step.done === true) return step.value
    on(step.value)
  }
}

const left = (): Promise<string[]> => readdir(folder.in('workspace/models')).catch(() => [])

describe('a model on the hub', () => {
  it('is fetched with its configuration and safetensors alone, pinned to its commit, and can be used', async () => {
    await serve(WHOLE)
    const steps: Transfer[] = []
    const model = await fetched(undefined, { on: (step) => steps.push(step) })
    expect(model).toMatchObject({ name: 'tiny-bert', from: 'added', state: 'intact', licence: 'mit' })
    expect(model.source).toBe(`${REPO}@${COMMIT}, from the Hugging Face hub`)
    expect(await readdir(model.path)).toEqual(['added.json', 'config.json', 'model.safetensors'])
    expect(steps.at(-1)).toMatchObject({ done: steps[0]?.of, of: steps[0]?.of })
    expect(hub.asked.some((line) => /pytorch_model|README/.test(line))).toBe(false)
    const { facts } = await library.model({ name: 'tiny-bert', from: 'catalogue' })
    expect(facts).toMatchObject({ type: 'bert', layers: 2, pretrained: true })
    expect(await left()).toEqual(['tiny-bert'])
  })

  it('goes on where a connection broke, of its own accord', async () => {
    await serve(WHOLE)
    hub.breaks = { times: 2, after: 20_000 }
    expect(await fetched()).toMatchObject({ state: 'intact' })
    expect(hub.asked.some((line) => /bytes=20000-/.test(line))).toBe(true)
  })

  it('goes on where an earlier attempt was stopped', async () => {
    await serve(WHOLE)
    const stop = new AbortController()
    hub.breaks = { times: 1, after: 20_000 }
    const stopped = fetched(undefined, {
      on: ({ what, done }) => void (what === 'model.safetensors' && done > 20_000 && stop.abort()),
      signal: stop.signal,
    })
    await expect(stopped).rejects.toThrow(/abort/)
    expect(await library.models()).toSatisfy((models: InstalledModel[]) =>
      models.every(({ from }) => from !== 'added'),
    )
    hub.asked.length = 0
    expect(await fetched()).toMatchObject({ state: 'intact' })
    expect(hub.asked.filter((line) => line.includes('/lfs/')).at(-1)).toMatch(/bytes=[1-9]\d+-/)
  })

  it('is not fetched by two at a time; a claim of a process that died counts for nothing', async () => {
    await serve(WHOLE)
    const first = library.fetchModel(REPO, 'first', new AbortController().signal)
    await first.next()
    await expect(fetched('second')).rejects.toThrow(
      new RegExp(`^models add: is being fetched already, by process ${process.pid} since 2`),
    )
    await first.return({} as InstalledModel)

    const [kept = ''] = await left()
    const dead = {
      pid: 4_194_000,
      processStart: '1',
      bootId: 'an earlier one',
      pidNamespace: 'x',
      since: 'then',
    }
    await writeFile(folder.in('workspace/models', `${kept}.claimed-4194000-1`), JSON.stringify(dead))
    expect(await fetched('second')).toMatchObject({ name: 'second', state: 'intact' })
    expect(await left()).toEqual(['second'])
  })

  it('is given up a week after the last of it came, and not before', async () => {
    await serve(WHOLE)
    const DAY_S = 24 * 3_600
    const shelf = folder.in('workspace/models')
    const daysAgo = async (days: number, ...names: string[]): Promise<void> => {
      const at = Date.now() / 1_000 - days * DAY_S
      for (const name of names) await utimes(join(shelf, name), at, at)
    }
    const [old, young] = ['.fetching.a--old', '.fetching.b--young']
    for (const name of [old, young]) {
      await mkdir(join(shelf, name), { recursive: true })
      await writeFile(join(shelf, name, 'model.safetensors.part'), 'half')
    }
    // What came last is younger than the folder that it came to.
    await daysAgo(8, `${old}/model.safetensors.part`, old, young)
    await daysAgo(6, `${young}/model.safetensors.part`)
    await library.purge()
    expect(await left()).toEqual([young])
  })

  it('is refused, and nothing of it kept, where its content has not the hash that the hub says', async () => {
    await serve({ ...WHOLE, 'model.safetensors': { ...WHOLE['model.safetensors'], sha256: '0'.repeat(64) } })
    await expect(fetched()).rejects.toThrow(
      /model\.safetensors came damaged or was changed: its sha256 is .*expected 0000/,
    )
    const [rest = ''] = await left()
    expect(await readdir(folder.in('workspace/models', rest))).toEqual(['config.json'])
  })

  it('is refused before its weights are fetched where its configuration is of no trunk that we know', async () => {
    await serve({ ...WHOLE, 'config.json': small('{"model_type": "llama"}') })
    await expect(fetched()).rejects.toThrow('config.json: model_type: found "llama"')
    expect(hub.asked.some((line) => line.includes('/lfs/'))).toBe(false)
    expect(await left()).toEqual([])
  })

  it('is refused where there are pickles alone, with how to convert them', async () => {
    const { 'model.safetensors': _, ...pickled } = WHOLE
    await serve(pickled)
    await expect(fetched()).rejects.toThrow(/a pickle can run code and is not read\. In Python, AutoModel/)
  })

  it('needs its token where it is not open to everybody, and never sends it elsewhere', async () => {
    await serve(WHOLE)
    hub.token = 'hf_secret'
    await expect(fetched()).rejects.toThrow(/found no model someone\/tiny-bert .* HF_TOKEN/)
    vi.stubEnv('HF_TOKEN', 'hf_secret')
    expect(await fetched('mine')).toMatchObject({ name: 'mine', state: 'intact' })
    expect(hub.leaked).toBe(false)
    vi.stubEnv('HF_TOKEN', 'secret')
    await expect(fetched('other')).rejects.toThrow('HF_TOKEN: expected a token of the hub')
  })

  it('is told apart in one sentence where it is not there, or nobody answers', async () => {
    await serve(WHOLE)
    await expect(fetched(undefined, { place: 'no/such' })).rejects.toThrow(
      /^models add: found no model no\/such/,
    )
    await expect(fetched(undefined, { place: '../etc' })).rejects.toThrow('expected a name on the hub')
    vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:1')
    await expect(fetched()).rejects.toThrow(/^http:\/\/127\.0\.0\.1:1 cannot be reached .*are you offline\?/)
  })

  it('may be in shards with an index', async () => {
    const { encodeSafetensors, openSafetensors } = await import('../../src-main/tensor-files/safetensors')
    const source = await openSafetensors(join(TINY_MODEL, 'model.safetensors'))
    const names = [...source.tensors.values()]
    const shards = await Promise.all(
      [names.slice(0, 7), names.slice(7)].map(async (part) =>
        Buffer.concat(
          encodeSafetensors(
            await Promise.all(
              part.map(async ({ name, shape }) => ({ name, shape, data: await source.readFloats(name) })),
            ),
          ),
        ),
      ),
    )
    const shard = (i: number): string => `model-0000${i + 1}-of-00002.safetensors`
    const weight_map = Object.fromEntries(names.map(({ name }, i) => [name, shard(i < 7 ? 0 : 1)]))
    await serve({
      'config.json': WHOLE['config.json'],
      'model.safetensors.index.json': small(JSON.stringify({ weight_map })),
      ...Object.fromEntries(shards.map((bytes, i) => [shard(i), { bytes, isLarge: true }])),
    })
    const model = await fetched()
    expect(model).toMatchObject({ state: 'intact' })
    expect(model.files.map(({ name }) => name)).toEqual(['config.json', shard(0), shard(1)])
  })
})
