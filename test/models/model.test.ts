import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../../src-main/errors'
import { readArchitecture } from '../../src-main/models/architecture'
import { describeModel, openModel, type Model } from '../../src-main/models/model'
import { encodeSafetensors, openSafetensors, type NamedTensor } from '../../src-main/tensor-files/safetensors'

const folder = mkdtempSync(join(tmpdir(), 'models-'))
afterAll(() => rmSync(folder, { recursive: true }))

const TINY = {
  bert: join(import.meta.dirname, '../parity/tiny-bert'),
  gpt2: join(import.meta.dirname, '../parity/tiny-gpt2'),
  roberta: join(import.meta.dirname, '../parity/tiny-roberta'),
  vit: join(import.meta.dirname, '../parity/tiny-vit'),
  lstm: join(import.meta.dirname, '../parity/tiny-lstm'),
  fpt_lnlstm: join(import.meta.dirname, '../parity/tiny-fpt_lnlstm'),
}
let copies = 0

async function tensorsOf(type: keyof typeof TINY): Promise<NamedTensor[]> {
  const file = await openSafetensors(join(TINY[type], 'model.safetensors'))
  return Promise.all(
    [...file.tensors.values()].map(async ({ name, shape }) => ({
      name,
      shape,
      data: await file.readFloats(name),
    })),
  )
}

/** A copy of a tiny model with other tensors or other fields in its config.json. */
async function changed(
  type: keyof typeof TINY,
  {
    tensors = (all) => all,
    config = {},
  }: { tensors?: (all: NamedTensor[]) => NamedTensor[]; config?: Record<string, unknown> },
): Promise<string> {
  const path = join(folder, String(copies++))
  cpSync(TINY[type], path, { recursive: true })
  writeFileSync(
    join(path, 'model.safetensors'),
    Buffer.concat(encodeSafetensors(tensors(await tensorsOf(type)))),
  )
  const fields = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')) as Record<string, unknown>
  writeFileSync(join(path, 'config.json'), JSON.stringify({ ...fields, ...config }))
  return path
}

const open = (path: string): Promise<Model> => openModel({ source: 'directory', path })

describe('a model directory', () => {
  it('is described by its config.json, without counting what is not used', async () => {
    expect(describeModel(await open(TINY.bert))).toEqual({
      type: 'bert',
      layers: 2,
      width: 32,
      heads: 4,
      positions: 16,
      parameters: 15648,
      pretrained: true,
    })
    expect(describeModel(await open(TINY.gpt2))).toMatchObject({ type: 'gpt2', layers: 2, parameters: 15584 })
  })

  it.each([
    ['bert', 'bert.'],
    ['gpt2', 'transformer.'],
  ] as const)('of %s is the same with the prefix %s, a head and masks beside it', async (type, prefix) => {
    const extra = (name: string): NamedTensor => ({ name, shape: [1], data: new Float32Array([9]) })
    const path = await changed(type, {
      tensors: (all) => [
        ...all.map((tensor) => ({ ...tensor, name: prefix + tensor.name })),
        extra('any_head.weight'),
        extra(type === 'bert' ? 'bert.embeddings.position_ids' : 'transformer.h.0.attn.masked_bias'),
        extra(type === 'bert' ? 'bert.pooler.dense.weight' : 'transformer.h.1.attn.bias'),
      ],
    })
    const [plain, prefixed] = [await open(TINY[type]), await open(path)]
    expect(describeModel(prefixed)).toEqual(describeModel(plain))
    for (const name of plain.files?.names ?? [])
      expect(await prefixed.files?.read(name)).toEqual(await plain.files?.read(name))
  })

  it('may call its layer norms gamma and beta', async () => {
    const old = (name: string): string =>
      name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta')
    const path = await changed('bert', {
      tensors: (all) => all.map((tensor) => ({ ...tensor, name: old(tensor.name) })),
    })
    const name = 'encoder.layer.1.output.LayerNorm.bias'
    expect(await (await open(path)).files?.read(name)).toEqual(
      await (await open(TINY.bert)).files?.read(name),
    )
  })

  it("of vit may use the names that its tensors have in memory, and hold FPT's position table", async () => {
    const inMemory = (name: string): string =>
      name
        .replace('encoder.layer.', 'layers.')
        .replace(/attention\.attention\.(q|k|v)\w+/, 'attention.$1_proj')
        .replace('attention.output.dense', 'attention.o_proj')
        .replace('intermediate.dense', 'mlp.fc1')
        .replace('output.dense', 'mlp.fc2')
    const table = Float32Array.from({ length: 1024 * 32 }, (_, i) => i)
    const path = await changed('vit', {
      tensors: (all) => [
        ...all.map((tensor) => ({ ...tensor, name: inMemory(tensor.name) })),
        { name: 'vit_pos_embed', shape: [1, 1024, 32], data: table },
      ],
    })
    const [plain, renamed] = [await open(TINY.vit), await open(path)]
    expect(describeModel(renamed)).toEqual(describeModel(plain))
    for (const name of plain.files?.names ?? [])
      expect(await renamed.files?.read(name)).toEqual(await plain.files?.read(name))
    expect(plain.files?.names.has('vit_pos_embed')).toBe(false)
    expect(await renamed.files?.read('vit_pos_embed')).toEqual(table)
  })

  it("of roberta has the positions behind its padding's row", async () => {
    expect((await open(TINY.roberta)).architecture.positions).toBe(16)
    await expect(open(await changed('roberta', { config: { pad_token_id: 17 } }))).rejects.toThrow(
      /max_position_embeddings: found 18, expected more than the 18 rows/,
    )
  })

  it('of an LSTM has no heads, and its input may have another width', async () => {
    expect(describeModel(await open(TINY.lstm))).toEqual({
      type: 'lstm',
      layers: 2,
      width: 16,
      heads: null,
      positions: null,
      parameters: 4 * 16 * (12 + 16 + 2) + 4 * 16 * (16 + 16 + 2),
      pretrained: true,
    })
    await expect(open(await changed('lstm', { config: { bidirectional: true } }))).rejects.toThrow(
      /bidirectional: .*expected false/,
    )
  })

  it("of FPT's LSTM may hold its gains as rows or as plain vectors", async () => {
    const path = await changed('fpt_lnlstm', {
      tensors: (all) =>
        all.map((tensor) =>
          /alpha|beta/.test(tensor.name) ? { ...tensor, shape: tensor.shape.slice(1) } : tensor,
        ),
    })
    const name = 'params.1.ln_cell.alpha'
    expect(await (await open(path)).files?.read(name)).toEqual(
      await (await open(TINY.fpt_lnlstm)).files?.read(name),
    )
  })

  it.each(['bert', 'gpt2', 'vit'] as const)('of %s may be used with its first layers only', async (type) => {
    const [whole, cut] = [
      await open(TINY[type]),
      await openModel({ source: 'directory', path: TINY[type], layers: 1 }),
    ]
    expect(describeModel(cut)).toMatchObject({ layers: 1, width: 32 })
    const names = cut.trunk.parameters.map(({ name }) => name)
    expect(whole.trunk.parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
    expect(names.filter((name) => /(layer|h)\.1\./.test(name))).toEqual([])
    await expect(openModel({ source: 'directory', path: TINY[type], layers: 3 })).rejects.toThrow(
      /model.layers: found 3, but .*config.json describes 2 layers/,
    )
  })

  it('may be cut into shards', async () => {
    const path = await shards((names) => names)
    expect(describeModel(await open(path))).toEqual(describeModel(await open(TINY.gpt2)))
    expect((await open(path)).files?.paths.length).toBe(2)
  })

  it.each<[string, Parameters<typeof changed>[1], RegExp]>([
    [
      'a tensor is missing',
      { tensors: (all) => all.filter(({ name }) => name !== 'h.1.ln_2.bias') },
      /h\.1\.ln_2\.bias: is missing, expected \[32\]/,
    ],
    [
      'a tensor has another shape',
      { config: { n_inner: 64 } },
      /h\.0\.mlp\.c_fc\.weight: found shape \[32, 48\], expected \[32, 64\]/,
    ],
    [
      'there are more layers than config.json says',
      { config: { n_layer: 1 } },
      /h\.1\.attn\.c_attn\.\w+: not a tensor of the gpt2 trunk/,
    ],
    [
      'a tensor has integers',
      { tensors: (all) => all.map((t) => (t.name === 'ln_f.bias' ? { ...t, data: new Int32Array(32) } : t)) },
      /ln_f\.bias: found type I32, expected F64/,
    ],
    [
      'the type is not known',
      { config: { model_type: 't5' } },
      /config\.json: model_type: found "t5", expected one of bert, roberta, gpt2, vit, lstm, fpt_lnlstm/,
    ],
    ['the type is missing', { config: { model_type: undefined } }, /model_type: found nothing, expected/],
    ['a size is missing', { config: { n_layer: undefined } }, /config\.json: n_layer: .*expected number/],
    ['a size is 0', { config: { n_head: 0 } }, /config\.json: n_head: /],
    ['a size is a fraction', { config: { n_embd: 32.5 } }, /config\.json: n_embd: /],
    ['the width does not divide', { config: { n_head: 5 } }, /the width 32 is not a multiple of the 5 heads/],
    [
      'the activation is another',
      { config: { activation_function: 'relu' } },
      /config\.json: activation_function: /,
    ],
    [
      'attention is scaled by layer',
      { config: { scale_attn_by_inverse_layer_idx: true } },
      /scale_attn_by_inverse_layer_idx: .*expected false/,
    ],
  ])('is refused when %s', async (_, change, message) => {
    const path = await changed('gpt2', change)
    await expect(open(path)).rejects.toThrow(InputError)
    await expect(open(path)).rejects.toThrow(message)
  })

  it('is refused when its positions are relative, or it is a decoder', async () => {
    await expect(
      open(await changed('bert', { config: { position_embedding_type: 'relative_key' } })),
    ).rejects.toThrow(/position_embedding_type: /)
    await expect(open(await changed('bert', { config: { is_decoder: true } }))).rejects.toThrow(
      /is_decoder: /,
    )
  })

  it('is refused when a file is missing or no JSON', async () => {
    const path = await changed('gpt2', {})
    rmSync(join(path, 'model.safetensors'))
    await expect(open(path)).rejects.toThrow(
      /holds neither model.safetensors nor model.safetensors.index.json/,
    )
    writeFileSync(join(path, 'pytorch_model.bin'), '')
    await expect(open(path)).rejects.toThrow(/holds pytorch_model.bin .*: a pickle can run code/)
    writeFileSync(join(path, 'config.json'), '{"model_type":')
    await expect(open(path)).rejects.toThrow(/config.json: is not valid JSON/)
    await expect(open(join(folder, 'none'))).rejects.toThrow(/config.json: there is no such file/)
  })

  it.each<[string, (map: Record<string, string>) => Record<string, string>, RegExp]>([
    [
      'leads out of its directory',
      (map) => ({ ...map, 'ln_f.bias': '../b.safetensors' }),
      /ln_f.bias: expected the name of a .safetensors file/,
    ],
    [
      'names a shard without the tensor',
      (map) => ({ ...map, 'ln_f.bias': 'a.safetensors' }),
      /ln_f.bias: is not in a.safetensors/,
    ],
    [
      'leaves a tensor out',
      ({ 'ln_f.bias': _, ...map }) => map,
      /ln_f.bias: is in b.safetensors, but the index does not say so/,
    ],
    [
      'names a shard that is not there',
      (map) => ({ ...map, more: 'c.safetensors' }),
      /c.safetensors: there is no such file/,
    ],
  ])('is refused when its index %s', async (_, change, message) => {
    await expect(open(await shards(change))).rejects.toThrow(message)
  })
})

async function shards(change: (map: Record<string, string>) => Record<string, string>): Promise<string> {
  const path = await changed('gpt2', {})
  const all = await tensorsOf('gpt2')
  const parts = {
    'a.safetensors': all.slice(0, 9),
    'b.safetensors': [...all.slice(9)].sort((a) => (a.name === 'ln_f.bias' ? 1 : 0)),
  }
  const inB = parts['a.safetensors'].findIndex(({ name }) => name === 'ln_f.bias')
  if (inB >= 0) parts['b.safetensors'].push(...parts['a.safetensors'].splice(inB, 1))
  const map: Record<string, string> = {}
  for (const [shard, tensors] of Object.entries(parts)) {
    writeFileSync(join(path, shard), Buffer.concat(encodeSafetensors(tensors)))
    for (const { name } of tensors) map[name] = shard
  }
  rmSync(join(path, 'model.safetensors'))
  writeFileSync(
    join(path, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: { total_size: 1 }, weight_map: change(map) }),
  )
  return path
}

describe('GPT-2', () => {
  // What Hugging Face's GPT2Model counts (1.5 billion for the largest), less its word embeddings of 50257 rows.
  it.each([
    ['small', 12, 768, 12, 124_439_808],
    ['medium', 24, 1024, 16, 354_823_168],
    ['large', 36, 1280, 20, 774_030_080],
    ['xl', 48, 1600, 25, 1_557_611_200],
  ])('has the parameters of its %s size', (_, n_layer, n_embd, n_head, counted) => {
    const config = { model_type: 'gpt2', n_layer, n_embd, n_head, n_positions: 1024, vocab_size: 50257 }
    const { blueprint } = readArchitecture(JSON.stringify(config), 'config.json')
    const { parameters } = blueprint.build(blueprint.layers)
    const numbers = parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
    expect(numbers).toBe(counted - 50257 * n_embd)
  })
})

describe('a random trunk', () => {
  const random = (type: string, shape: Record<string, number>): Promise<Model> =>
    openModel({ source: 'random', type, shape })

  it('has four times its width inside and the positions of its family', async () => {
    expect((await random('gpt2', { layers: 1, width: 8, heads: 2 })).architecture).toMatchObject({
      positions: 1024,
      intermediate: 32,
    })
    expect(
      (await random('bert', { layers: 1, width: 8, heads: 2, positions: 9, intermediate: 10 })).architecture,
    ).toMatchObject({ positions: 9, intermediate: 10 })
  })

  it.each<[string, string, Record<string, number>, RegExp]>([
    [
      'of an unknown kind',
      't5',
      { layers: 1, width: 8, heads: 2 },
      /model.kind: found "t5", expected one of bert, roberta, gpt2, vit, lstm, fpt_lnlstm/,
    ],
    ['without layers', 'gpt2', { width: 8, heads: 2 }, /model.layers: is missing/],
    [
      'with a negative width',
      'gpt2',
      { layers: 1, width: -8, heads: 2 },
      /model.width: found -8, expected a whole number/,
    ],
    ['with half a head', 'gpt2', { layers: 1, width: 8, heads: 0.5 }, /model.heads: found 0.5/],
    [
      'with heads that do not divide',
      'gpt2',
      { layers: 1, width: 8, heads: 3 },
      /model.heads: the width 8 is not a multiple of the 3/,
    ],
    [
      'with a field too many',
      'gpt2',
      { layers: 1, width: 8, heads: 2, depth: 1 },
      /model.depth: unknown, expected layers/,
    ],
  ])('%s is refused', async (_, type, shape, message) => {
    await expect(random(type, shape)).rejects.toThrow(message)
  })
})
