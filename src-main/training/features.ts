import { createHash } from 'node:crypto'
import { currentEngine, ProgramBuilder, tf, type Program, type Tensor } from '../engine'
import type { Network, ReadoutOnly } from '../models/network'
import type { RunConfig } from '../run'
import type { Splits } from '../tasks/split'
import type { Batch, Split, Task } from '../tasks/task'
import { entryOf, exampleFeeds, holdingOf } from './compiled-stepper'
import type { FeatureShelf, FeatureTable } from './feature-shelf'
import { examplesOfLength, lengthsOf, passesOver } from './passes'
import { toTensors, type Problem } from './problem'

/**
 * Where nothing before the readout trains, the trunk gives an example the same features at every step and to every run
 * of the seed: they are computed once, kept on disk, and read instead of the task's input. Evaluations always do so;
 * training only without dropout, which would give other features at every step.
 */

/** Larger tables are computed anew whenever they are wanted: they would have to fit into memory. */
const MOST_TABLE_BYTES = 2 ** 29
/** Tokens of one forward pass. */
const TOKENS_PER_PASS = 2048

/** What is trained, and on what. */
export interface Prepared {
  readonly problem: Problem
  readonly splits: Splits
}

interface FeatureContext {
  readonly config: RunConfig
  readonly task: Task
  readonly shelf: FeatureShelf
  readonly say: (level: 'info' | 'warning', message: string) => void
  readonly interrupted: () => boolean
}

/**
 * The problem as it is trained and evaluated on features, as far as that is the same; unchanged where it is not, or where
 * there is no TensorFlow. Whether features are used follows from the configuration alone, never from what is on disk, so
 * that a resumed run goes on with the same arithmetic.
 */
export async function withFeatures(
  problem: Problem,
  splits: Splits,
  context: FeatureContext,
): Promise<Prepared> {
  const { readoutOnly } = problem.network
  if (readoutOnly === null || currentEngine().name !== 'tensorflow') return { problem, splits }
  const { training } = context.config
  const fits = (split: Split): boolean =>
    4 * split.size * readoutOnly.tokens * readoutOnly.width <= MOST_TABLE_BYTES
  if (![splits.validation ?? splits.test, splits.test].every(fits)) return { problem, splits }
  const pays = training.max_steps * training.batch_size >= splits.train.size
  // An LSTM may draw the state that it starts from anew at every step.
  const isFixed = training.dropout === 0 && !/lstm/.test(context.config.model.type)
  const trains = isFixed && context.task.augment === undefined && pays && fits(splits.train)

  const { tokens, width, readout } = readoutOnly
  const onFeatures: Problem = {
    input: { kind: 'vectors', tokens, width },
    network: readout,
    objective: problem.objective,
  }
  const source = new FeatureSource(problem, readoutOnly, context)
  const known: { -readonly [name in keyof Splits]: Splits[name] } = { ...splits }
  try {
    const wanted: (keyof Splits)[] = trains ? ['train', 'validation', 'test'] : ['validation', 'test']
    for (const name of wanted) {
      const split = splits[name]
      if (split === null) continue
      const table = await source.table(name, split)
      // The job is to pause: no step will be taken, so it does not matter on what.
      if (table === null) return { problem, splits }
      known[name] = new FeatureSplit(split, table)
    }
    return { problem: trains ? onFeatures : { ...problem, evaluated: onFeatures }, splits: known }
  } finally {
    source.dispose()
  }
}

/** A split whose examples are features. */
class FeatureSplit implements Split {
  readonly size: number
  readonly lengths?: () => Promise<Int32Array>

  constructor(
    private readonly split: Split,
    private readonly table: FeatureTable,
  ) {
    this.size = split.size
    // The same examples stand at the same steps, though features are all of one length.
    if (split.lengths !== undefined) this.lengths = split.lengths
  }

  batch(indices: ArrayLike<number>, tokens?: number): Batch {
    const { size, y } = this.split.batch(indices, tokens)
    const { values, width } = this.table
    const x = new Float32Array(size * width)
    for (let i = 0; i < size; i++) {
      const row = indices[i] ?? 0
      x.set(values.subarray(row * width, (row + 1) * width), i * width)
    }
    return { size, x, lengths: null, y }
  }
}

/** Reads features from disk, or computes them by one graph whose weights are written when they are first wanted. */
class FeatureSource {
  private readonly program: Program
  private readonly examples: number
  private ready = false

  constructor(
    private readonly problem: Problem,
    private readonly readoutOnly: ReadoutOnly,
    private readonly context: FeatureContext,
  ) {
    this.examples = Math.max(1, Math.floor(TOKENS_PER_PASS / problem.input.tokens))
    this.program = trace(problem, readoutOnly, this.examples)
  }

  /** Null when interrupted. */
  async table(name: keyof Splits, split: Split): Promise<FeatureTable | null> {
    const { shelf, say } = this.context
    const key = this.keyOf(name, split)
    const width = this.readoutOnly.tokens * this.readoutOnly.width
    const found = await shelf.read(key, (message) => say('warning', message))
    if (found !== null && found.examples === split.size && found.width === width) return found
    const started = performance.now()
    const values = await this.compute(split, width)
    if (values === null) return null
    const table = { examples: split.size, width, values }
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const megabytes = (values.byteLength / 1e6).toFixed(1)
    say('info', `features of ${split.size} ${name} examples: computed in ${seconds} s, ${megabytes} MB kept`)
    await shelf
      .write(key, table)
      .catch((error: unknown) => say('warning', `features are not kept: ${String(error)}`))
    return table
  }

  dispose(): void {
    this.program.dispose()
  }

  /** All that features depend on. The graph is the code's own part in it. */
  private keyOf(name: keyof Splits, { size }: Split): string {
    const { task, model, setting, seed, start_from, precision, validation, test } = this.context.config
    const { fraction, seed: splitSeed, examples } = validation
    const { versions, device } = currentEngine()
    const content = {
      graph: this.program.fingerprint,
      engine: [versions['tensorflow'], device],
      network: { model, init: setting.init, seed, start_from, precision },
      examples: { task, name, size, validation: { fraction, seed: splitSeed, examples }, test },
    }
    return createHash('sha256').update(JSON.stringify(content)).digest('hex')
  }

  private async compute(split: Split, width: number): Promise<Float32Array<ArrayBuffer> | null> {
    await this.writeWeights()
    const values = new Float32Array(split.size * width)
    const { input } = this.problem
    for (const { indices, counted, tokens } of await passesOver(split, input, this.examples)) {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.context.interrupted()) return null
      const features = tf.tidy(() => {
        const { x, lengths } = toTensors(this.problem, split.batch(indices, tokens), 1)
        const entry = entryOf('features', input, tokens ?? input.tokens)
        return this.program.run(entry, { x, ...(lengths && { lengths }) })['features'] as Tensor
      })
      const computed = features.dataSync<'float32'>()
      for (let i = 0; i < counted; i++)
        values.set(computed.subarray(i * width, (i + 1) * width), (indices[i] ?? 0) * width)
      features.dispose()
    }
    return values
  }

  private async writeWeights(): Promise<void> {
    if (this.ready) return
    const { network } = this.problem
    const initial = await network.initialise([this.context.config.seed])
    const frozen = frozenNames(network)
    this.program.write('frozen', new Map([...initial].filter(([name]) => frozen.has(name))))
    tf.dispose([...initial.values()])
    this.ready = true
  }
}

const frozenNames = ({ parameters }: Network): Set<string> =>
  new Set(parameters.filter(({ trained }) => !trained).map(({ name }) => name))

function trace(problem: Problem, readoutOnly: ReadoutOnly, examples: number): Program {
  const { network } = problem
  const builder = new ProgramBuilder()
  const weights = new Map(
    network.parameters
      .filter(({ trained }) => !trained)
      .map((parameter) => {
        const { name, shape } = parameter
        return [name, builder.variable(name, shape, 'frozen', holdingOf(network, parameter))]
      }),
  )
  for (const tokens of lengthsOf(problem.input)) {
    const size = examplesOfLength(problem.input, examples, tokens)
    const { y: _, ...feeds } = exampleFeeds(problem, 1, size, tokens)
    builder.entry(entryOf('features', problem.input, tokens), feeds, ({ x, lengths = null }) => ({
      outputs: { features: readoutOnly.features(weights, x as Tensor, lengths) },
    }))
  }
  return builder.load()
}
