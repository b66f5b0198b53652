import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf, type Tensor } from '../../src-main/engine'
import { buildNetwork, type NetworkTask } from '../../src-main/models/build'
import { countParameters } from '../../src-main/models/freeze'
import { openModel } from '../../src-main/models/model'
import { FROZEN, inputs, TRANSFORMERS, pretrained, random, read, setting, words } from './small-networks'

beforeAll(async () => {
  await loadEngine()
})

/** The random trunks have 6 positions, the pretrained ones 16 (ViT: 1024). */
const long = (tokens: number, of?: 'drawn' | 'refused'): NetworkTask => ({
  ...words,
  input: { ...words.input, tokens, ...(of && { positionsBeyond: of }) },
})
const ROWS = 'positions_beyond.weight'

describe.each(TRANSFORMERS)('sequences longer than the position table of %s', (kind) => {
  it('get drawn rows beyond it, for each seed its own (ViT: zeros), that train as positions', async () => {
    const network = buildNetwork(await random(kind), long(9, 'drawn'), setting('random', ...FROZEN))
    const weights = await network.initialise([1, 2])
    const rows = network.parameters.find(({ name }) => name === ROWS)
    expect(rows).toMatchObject({ shape: [3, 8], part: 'positions', trained: true })
    const values = read(weights.get(ROWS))
    if (kind === 'vit') expect(new Set(values)).toEqual(new Set([0]))
    else expect(values.slice(0, 24)).not.toEqual(values.slice(24))
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(0.1)
    const gradients = tf.tidy(() => {
      const x = inputs(long(9), 2)
      const gradient = tf.grad((given: Tensor) =>
        tf.sum(tf.square(network.forward(new Map([...weights, [ROWS, given]]), x, null))),
      )(weights.get(ROWS) as Tensor)
      return read(gradient)
    })
    expect(gradients.filter((gradient) => gradient !== 0).length).toBeGreaterThan(40)
    tf.dispose([...weights.values()])
  })

  it.each([{ train: ['output'] }, { train: FROZEN }] as const)(
    'are answered as by a trunk with one longer table, whatever trains: $train',
    async ({ train }) => {
      const trains = setting('random', ...train)
      // A table of 9 rows, cut in two.
      const shape = { layers: 2, width: 8, heads: 2, positions: 9 }
      const whole = buildNetwork(await openModel({ source: 'random', type: kind, shape }), long(9), trains)
      const cut = buildNetwork(await random(kind), long(9, 'drawn'), trains)
      const seeds = [4, 5]
      const [own, other] = [await whole.initialise(seeds), await cut.initialise(seeds)]
      tf.tidy(() => {
        const joined = new Map(own)
        const table = whole.parameters.find(({ part }) => part === 'positions')
        const [head, tail] = tf.split(own.get(table?.name ?? '') as Tensor, [6, 3], -2)
        joined.set(table?.name ?? '', head as Tensor)
        joined.set(ROWS, tf.reshape(tail as Tensor, (other.get(ROWS) as Tensor).shape))
        const x = inputs(long(9), 2)
        const far = tf.max(tf.abs(tf.sub(whole.forward(own, x, null), cut.forward(joined, x, null))))
        expect(far.dataSync()[0]).toBeLessThan(1e-6)
      })
      tf.dispose([...own.values(), ...other.values()])
    },
  )
})

it('a pretrained table keeps its rows, shared by the runs where positions do not train', async () => {
  const task = long(18, 'drawn')
  const network = buildNetwork(await pretrained('gpt2'), task, setting('pretrained', 'output'))
  const plain = buildNetwork(await pretrained('gpt2'), long(16), setting('pretrained', 'output'))
  const [weights, shorter] = [await network.initialise([1, 2]), await plain.initialise([1, 2])]
  expect(read(weights.get('wpe.weight'))).toEqual(read(shorter.get('wpe.weight')))
  expect(weights.get('wpe.weight')?.shape).toEqual([16, 32])
  expect(weights.get(ROWS)?.shape).toEqual([2, 2, 32])
  const logits = tf.tidy(() => network.forward(weights, inputs(task, 2), null))
  expect(logits.shape).toEqual([2, 2, 4])
  expect(countParameters(network.parameters).total - countParameters(plain.parameters).total).toBe(64)
  tf.dispose([logits, ...weights.values(), ...shorter.values()])
})

it('they are refused where the task does not ask for drawn rows, with what can be done', async () => {
  const model = await random('gpt2')
  const build = (task: NetworkTask) => () => buildNetwork(model, task, setting('random', ...FROZEN))
  expect(build(long(9))).toThrow(/sequences of 9 tokens, but the gpt2 trunk has 6 positions$/)
  expect(build(long(9, 'refused'))).toThrow(/6 positions; .*`positions_beyond: drawn` draws the rows/)
  const { parameters } = build(long(6, 'drawn'))()
  expect(parameters.map(({ name }) => name)).not.toContain(ROWS)
})
