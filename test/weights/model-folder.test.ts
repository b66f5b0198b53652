import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadEngine, tf } from '../../src-main/engine'
import { installation } from '../../src-main/installation'
import { buildNetwork } from '../../src-main/models/build'
import type { NetworkTask } from '../../src-main/models/build'
import { openModel } from '../../src-main/models/model'
import type { RunConfig, Setting } from '../../src-main/run'
import type { ModelSource } from '../../src-main/study/study'
import { encodeSafetensors, openSafetensors } from '../../src-main/tensor-files/safetensors'
import { writeKept } from '../../src-main/weights/kept-file'
import { LAYERS_FILE, writeModelFolder } from '../../src-main/weights/model-folder'
import { WeightShelf } from '../../src-main/weights/weight-shelf'
import { FROZEN, inputs, isRecurrent, read, setting, vectors, words } from '../models/small-networks'
import { toyConfig } from '../training/toy-job'

const RUN = 'abcdef012345'
const tiny = (type: string): Extract<ModelSource, { source: 'directory' }> => ({
  source: 'directory',
  path: join(import.meta.dirname, `../parity/tiny-${type}`),
})
const small = (type: string): ModelSource => ({
  source: 'random',
  type,
  // FPT's table for a ViT has 1024 rows.
  shape: isRecurrent(type)
    ? { layers: 2, width: 8 }
    : { layers: 2, width: 8, heads: 2, positions: type === 'vit' ? 1024 : 6 },
})
const UNUSED: Readonly<Record<string, string>> = {
  bert: 'embeddings.word_embeddings.weight',
  roberta: 'embeddings.word_embeddings.weight',
  gpt2: 'wte.weight',
  vit: 'embeddings.patch_embeddings.projection.weight',
}
const EVERYTHING = setting('pretrained', ...FROZEN, 'attention', 'feed_forward')

let folder = ''
beforeAll(() => loadEngine())
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'fairsweep-weights-'))))
afterEach(() => rm(folder, { recursive: true }))

interface Case {
  readonly model: ModelSource
  readonly setting: Setting
  readonly task?: NetworkTask
}

/** A network as training would leave it, exported: its answers before, and where it is. */
async function exported({ model: source, setting, task = vectors }: Case, name = 'out') {
  const config: RunConfig = { ...toyConfig({ id: RUN, seed: 3 }, {}), setting }
  const network = buildNetwork(await openModel(source), task, setting)
  const values = await network.initialise([config.seed])
  const trained = network.parameters.filter((each) => each.trained)
  for (const { name } of trained) {
    const before = values.get(name)
    if (before) values.set(name, tf.add(before, tf.randomNormal(before.shape, 0, 0.05, 'float32', 7)))
  }
  const kept = new Map(
    trained.map(({ name }) => [name, Float32Array.from(values.get(name)?.dataSync() ?? [])]),
  )
  await writeKept(folder, { run: RUN, step: 40, shape: task, parameters: trained, values: kept })
  const file = new WeightShelf(folder).of(RUN)
  if (file === null) throw new Error('nothing was kept')
  const out = join(folder, name)
  await writeModelFolder({
    ...{ kept: file, config, model: source, startFrom: null, folder: out },
    about: { run: RUN, study: 's', task: 't', model: 'm', setting: setting.name, validation: {} },
  })
  return { out, logits: read(tf.tidy(() => network.forward(values, inputs(task, 1), null))) }
}

/** What the exported network answers when it is imported again. */
async function importedLogits(out: string, task: NetworkTask): Promise<number[]> {
  const layers = await openSafetensors(join(out, LAYERS_FILE))
  const model = await openModel({ source: 'directory', path: out })
  const network = buildNetwork(model, task, EVERYTHING, layers)
  const values = await network.initialise([99])
  return read(tf.tidy(() => network.forward(values, inputs(task, 1), null)))
}

const shapesIn = async (file: string): Promise<[string, string][]> =>
  [...(await openSafetensors(file)).tensors.values()]
    .map(({ name, dtype, shape }): [string, string] => [name, `${dtype} ${shape.join()}`])
    .sort()

describe('exported weights', () => {
  it.each<[string, Case]>([
    ['a frozen pretrained BERT', { model: tiny('bert'), setting: setting('pretrained', ...FROZEN) }],
    [
      'a frozen pretrained GPT-2 on words',
      { model: tiny('gpt2'), setting: setting('pretrained', ...FROZEN), task: words },
    ],
    ['an unfrozen GPT-2', { model: tiny('gpt2'), setting: EVERYTHING }],
    [
      'a frozen trunk with statistics alone',
      { model: tiny('bert'), setting: setting('statistics', ...FROZEN) },
    ],
    [
      'a frozen random trunk of a pretrained shape',
      { model: tiny('gpt2'), setting: setting('random', ...FROZEN) },
    ],
    ['a readout alone', { model: tiny('bert'), setting: setting('pretrained', 'output') }],
    ['a RoBERTa', { model: tiny('roberta'), setting: EVERYTHING }],
    ['a ViT', { model: tiny('vit'), setting: EVERYTHING }],
    ['the first layer of a BERT', { model: { ...tiny('bert'), layers: 1 }, setting: EVERYTHING }],
    ['a random ViT', { model: small('vit'), setting: setting('random', ...FROZEN) }],
    ['a random BERT', { model: small('bert'), setting: setting('random', ...FROZEN) }],
    ['a random GPT-2', { model: small('gpt2'), setting: setting('random', ...FROZEN) }],
    ['an LSTM', { model: tiny('lstm'), setting: EVERYTHING }],
    ['the first layer of an LSTM', { model: { ...tiny('lstm'), layers: 1 }, setting: EVERYTHING }],
    ["FPT's LSTM", { model: tiny('fpt_lnlstm'), setting: EVERYTHING }],
    ["a frozen random LSTM of FPT's", { model: small('fpt_lnlstm'), setting: setting('random', ...FROZEN) }],
    ['a random LSTM', { model: small('lstm'), setting: setting('random', ...EVERYTHING.train) }],
  ])('of %s answer as the trained network did when they are imported again', async (_, given) => {
    const { out, logits } = await exported(given)
    const again = await importedLogits(out, given.task ?? vectors)
    expect(again).toHaveLength(logits.length)
    again.forEach((value, i) => expect(Math.abs(value - (logits[i] ?? NaN))).toBeLessThan(1e-6))
  })

  it.each(['bert', 'gpt2', 'roberta', 'vit', 'lstm', 'fpt_lnlstm'])(
    'have the names and shapes of the file that %s came from, and its unused tensors unchanged',
    async (type) => {
      const source = tiny(type)
      const original = join(source.path, 'model.safetensors')
      const { out } = await exported({ model: source, setting: EVERYTHING })
      const written = join(out, 'model.safetensors')
      expect(await shapesIn(written)).toEqual(await shapesIn(original))
      const [a, b] = [await openSafetensors(written), await openSafetensors(original)]
      const name = UNUSED[type]
      if (name !== undefined) expect(await a.readFloats(name)).toEqual(await b.readFloats(name))
      expect(a.metadata.get('format')).toBe('pt')
      expect((await readdir(out)).sort()).toEqual(
        ['README.md', 'config.json', 'fairsweep.json', LAYERS_FILE, 'model.safetensors'].sort(),
      )
    },
  )

  it('keep the prefix of a model with a head, and the head; half precision becomes float32', async () => {
    const half = join(folder, 'half')
    const { path } = tiny('gpt2')
    const file = await openSafetensors(join(path, 'model.safetensors'))
    const tensors = await Promise.all(
      [...file.tensors.values()].map(async ({ name, shape }) => ({
        ...{ name: `transformer.${name}`, shape },
        data: await file.readFloats(name),
      })),
    )
    await mkdir(half)
    const head = { name: 'lm_head.weight', shape: [8, 32], data: new Float32Array(256).fill(0.5) }
    await writeFile(join(half, 'model.safetensors'), Buffer.concat(encodeSafetensors([...tensors, head])))
    const config = JSON.parse(await readFile(join(path, 'config.json'), 'utf8')) as object
    await writeFile(join(half, 'config.json'), JSON.stringify({ ...config, dtype: 'bfloat16' }))

    const { out, logits } = await exported({
      model: { source: 'directory', path: half },
      setting: EVERYTHING,
    })
    expect(await shapesIn(join(out, 'model.safetensors'))).toEqual(
      await shapesIn(join(half, 'model.safetensors')),
    )
    expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))).toEqual({
      ...config,
      dtype: 'float32',
    })
    const again = await importedLogits(out, vectors)
    again.forEach((value, i) => expect(value).toBeCloseTo(logits[i] ?? NaN, 6))
  })

  it('are refused where the kept ones are not of this network', async () => {
    const task = { ...vectors, output: { kind: 'classes', count: 9 } } as const
    await exported({ model: small('gpt2'), setting: setting('random', ...FROZEN), task })
    const kept = new WeightShelf(folder).of(RUN)
    if (kept === null) throw new Error('nothing was kept')
    const config = { ...toyConfig({ id: RUN }, {}), setting: EVERYTHING }
    await expect(
      writeModelFolder({
        ...{ kept, config, model: tiny('gpt2'), startFrom: null, folder: join(folder, 'other') },
        about: { run: RUN, study: 's', task: 't', model: 'm', setting: 'x', validation: {} },
      }),
    ).rejects.toThrow(/in\.weight: found \[8,3\], expected \[32, 3\]/)
  })
})

const PYTHON = process.env.FAIRSWEEP_PYTHON ?? join(installation.cache, 'race-venv/bin/python')
const hasPython = existsSync(PYTHON)
if (!hasPython)
  console.warn(`SKIPPED: no Python with transformers at ${PYTHON}; FAIRSWEEP_PYTHON names another`)

/** Loads folders as their READMEs say, and prints what each lacked, what was unknown, and its logits. */
const PROGRAM = `
import json, sys, torch
from safetensors.torch import load_file
from transformers import AutoModel
def answer(info, logits):
    return {'missing': sorted(info['missing_keys']), 'unexpected': sorted(info['unexpected_keys']),
            'mismatched': len(info['mismatched_keys']), 'logits': logits.tolist()}
answers = []
for folder, x in json.loads(sys.argv[1]):
    layers = load_file(folder + '/${LAYERS_FILE}')
    logits = torch.zeros(0)
    config = json.load(open(folder + '/config.json'))
    if config.pop('model_type') == 'lstm':
        trunk = torch.nn.LSTM(**config, batch_first=True)
        missing, unexpected = trunk.load_state_dict(load_file(folder + '/model.safetensors'), strict=False)
        info = {'missing_keys': missing, 'unexpected_keys': unexpected, 'mismatched_keys': []}
        with torch.no_grad():
            h = trunk(torch.tensor(x) @ layers['in.weight'].T + layers['in.bias'])[0][:, -1]
            answers.append(answer(info, (h @ layers['out.weight'].T + layers['out.bias']).flatten()))
        continue
    trunk, info = AutoModel.from_pretrained(folder, output_loading_info=True)
    with torch.no_grad():
        if trunk.config.model_type == 'vit':
            answers.append(answer(info, logits))
            continue
        h = torch.tensor(x) @ layers['in.weight'].T + layers['in.bias']
        h = trunk.eval()(inputs_embeds=h).last_hidden_state[:, -1:]
        logits = (h @ layers['out.weight'].T + layers['out.bias']).flatten()
    answers.append(answer(info, logits))
print(json.dumps(answers))
`

interface Answer {
  readonly missing: readonly string[]
  readonly unexpected: readonly string[]
  readonly mismatched: number
  readonly logits: readonly number[]
}

/** What the file that it came from lacks too. */
const NO_POOLER = ['pooler.dense.bias', 'pooler.dense.weight']
const LOADED: readonly (readonly [Case, missing: readonly string[]])[] = [
  [{ model: tiny('bert'), setting: EVERYTHING }, NO_POOLER],
  [{ model: tiny('gpt2'), setting: EVERYTHING }, []],
  [{ model: tiny('roberta'), setting: EVERYTHING }, NO_POOLER],
  [{ model: { ...tiny('gpt2'), layers: 1 }, setting: EVERYTHING }, []],
  [{ model: tiny('vit'), setting: EVERYTHING }, []],
  [{ model: small('bert'), setting: setting('random', ...FROZEN) }, []],
  [{ model: small('roberta'), setting: setting('random', ...FROZEN) }, []],
  [{ model: small('vit'), setting: setting('random', ...FROZEN) }, []],
  [{ model: small('gpt2'), setting: setting('random', ...FROZEN) }, []],
  // Not Hugging Face's: PyTorch's own module takes the directory's sizes and tensors.
  [{ model: tiny('lstm'), setting: EVERYTHING }, []],
  [{ model: small('lstm'), setting: setting('random', ...EVERYTHING.train) }, []],
]

const isVit = (model: ModelSource): boolean =>
  model.source === 'random' ? model.type === 'vit' : model.path.endsWith('vit')

describe.skipIf(!hasPython)("Hugging Face transformers, and PyTorch's LSTM", () => {
  it('load exported folders of every kind, miss nothing that was there before, and give the same logits', async () => {
    const networks = []
    for (const [i, [given]] of LOADED.entries()) networks.push(await exported(given, `out-${i}`))
    const x = (inputs(vectors, 1).arraySync() as number[][][][])[0]
    const folders = networks.map(({ out }) => [out, x])
    const { stdout } = await promisify(execFile)(PYTHON, ['-c', PROGRAM, JSON.stringify(folders)], {
      env: { ...process.env, OMP_NUM_THREADS: '1', OMP_WAIT_POLICY: 'passive', HF_HUB_OFFLINE: '1' },
    })
    const answers = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Answer[]
    expect(answers).toHaveLength(LOADED.length)
    for (const [i, answer] of answers.entries()) {
      expect(answer).toMatchObject({ missing: LOADED[i]?.[1], unexpected: [], mismatched: 0 })
      const [given] = LOADED[i] ?? []
      // ViT's class has no way in for vectors.
      const ours = given === undefined || isVit(given.model) ? [] : (networks[i]?.logits ?? [])
      expect(answer.logits).toHaveLength(ours.length)
      answer.logits.forEach((value, j) => expect(Math.abs(value - (ours[j] ?? NaN))).toBeLessThan(1e-4))
    }
  }, 240_000)
})
