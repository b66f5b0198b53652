import { cpuUsage, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { loadEngine } from '../../src-main/engine'
import { buildNetwork } from '../../src-main/models/build'
import { openModel } from '../../src-main/models/model'
import { DEFAULTS } from '../../src-main/study/defaults'
import { openTask } from '../../src-main/tasks'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { FusedGroup } from '../../src-main/training/group'
import { objectiveOf } from '../../src-main/training/objective'
import { batchOrders } from '../../src-main/training/order'

/**
 * What batches by length save: `npm run bench:lengths [-- --steps 24 --rounds 3 --width 128]`. The same ListOps sequences of
 * Long Range Arena's lengths, by length and mixed, in turns of so many steps in one process; a frozen GPT-2 of 4 layers.
 * Processor time is compared, which other programs on the machine do not lengthen.
 */
const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '24' },
    rounds: { type: 'string', default: '3' },
    width: { type: 'string', default: '128' },
  },
})
const [steps, rounds, width] = [values.steps, values.rounds, values.width].map(Number) as [
  number,
  number,
  number,
]

const training = { ...DEFAULTS.training, batch_size: 8 }
const options = {
  ...{ min_length: 500, max_length: 2000, max_depth: 10, max_args: 10, data_seed: 0, padding: 'masked' },
  ...{ train_examples: 2000, validation_examples: 1, test_examples: 1, positions_beyond: 'drawn' },
}

/** A run, and a way of taking its next steps that tells the seconds of processor time. */
async function open(batches: 'mixed' | 'by-length'): Promise<(count: number) => number> {
  const task = await openTask({ kind: 'listops', options: { ...options, batches }, files: {} })
  const shape = { layers: 4, width, heads: 4, positions: 1024 }
  const network = buildNetwork(await openModel({ source: 'random', type: 'gpt2', shape }), task, {
    ...{ name: 'frozen', init: 'random', train: ['input', 'output', 'layer_norm', 'positions'] },
  })
  const problem = { input: task.input, network, objective: objectiveOf(task.output) }
  const group = await FusedGroup.create(
    problem,
    [{ seed: 0, learningRate: 1e-4, from: null }],
    { trainExamples: training.batch_size, scoreExamples: 1 },
    (shapes) => new CompiledStepper(problem, training, shapes, { xla: false }),
  )
  const order = (await batchOrders(task.input, task.train))({ seed: 0, training })
  const indices = new Uint32Array(training.batch_size)
  const lengths = task.input.paddedTo?.map(({ tokens, share }) => `${tokens} (${share.toFixed(2)})`)
  stdout.write(`${batches}: padded to ${lengths?.join(', ') ?? task.input.tokens} tokens\n`)
  let step = 0
  const next = (): void => {
    step++
    order.fill(step, indices)
    group.step(task.train.batch(indices, order.tokensAt(step)), [step], [true])
  }
  // Each length's graph is made ready when it is first run.
  const unseen = new Set(task.input.paddedTo?.map(({ tokens }) => tokens) ?? [task.input.tokens])
  while (unseen.size > 0) {
    unseen.delete(order.tokensAt(step + 1) ?? task.input.tokens)
    next()
  }
  return (count) => {
    const before = cpuUsage()
    for (let i = 0; i < count; i++) next()
    const { user, system } = cpuUsage(before)
    return (user + system) / 1e6 / count
  }
}

await loadEngine('tensorflow')
const runs = { mixed: await open('mixed'), 'by-length': await open('by-length') }
const ratios: number[] = []
for (let round = 0; round < rounds; round++) {
  const mixed = runs.mixed(Math.ceil(steps / 4))
  const byLength = runs['by-length'](steps)
  ratios.push(mixed / byLength)
  stdout.write(
    `mixed ${mixed.toFixed(2)} s a step, by length ${byLength.toFixed(2)} s: ${(mixed / byLength).toFixed(2)} times\n`,
  )
}
stdout.write(`median ${ratios.sort((a, b) => a - b)[Math.floor(rounds / 2)]?.toFixed(2)} times\n`)
