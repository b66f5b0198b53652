import { tf, type Tensor } from '../engine'
import { InputError } from '../errors'
import type { ExecutionOptions, Setting } from '../run'
import type { TaskInput, TaskOutput } from '../tasks/task'
import { drawForRuns, forRuns, statisticsOf } from './first-values'
import { forwardFlops, trainingFlops } from './flops'
import { freeze } from './freeze'
import { denseByName, embed, linear } from './fused'
import type { Model } from './model'
import type { Network, Parameter, ReadoutOnly, Weights } from './network'
import type { SafetensorsFile } from '../tensor-files/safetensors'
import { positionsBeyond, withRowsBeyond } from './positions-beyond'
import { matchStartFrom } from './start-from'
import { ZEROS, type ParameterSpec } from './trunk'

/** What a network reads and answers. */
export interface NetworkTask {
  readonly input: TaskInput
  readonly output: TaskOutput
  /** R */
  readonly readTokens: number
}

/** FPT's gain for the orthogonal input layer. */
const ORTHOGONAL_GAIN = 1.41

/**
 * Input layer + trunk + readout, as in FPT: vectors enter through a linear layer with dropout, tokens through an
 * embedding table without; the last R tokens leave through one linear readout each, side by side.
 *
 * @param startFrom first values by parameter name; what it does not name is initialised as usual
 * @param precision in `bf16` the products by the trunk's frozen matrices are computed in bfloat16, and nothing else
 * @throws InputError where task, model, setting and `startFrom` do not fit together.
 */
export function buildNetwork(
  model: Model,
  task: NetworkTask,
  setting: Setting,
  startFrom: SafetensorsFile | null = null,
  precision: ExecutionOptions['precision'] = 'float32',
): Network {
  const { architecture, trunk } = model
  const { input, readTokens } = task
  const beyond = positionsBeyond(model, input)
  if (readTokens < 1 || readTokens > input.tokens)
    throw new InputError(`${readTokens} tokens are to be read of ${input.tokens}`, { field: 'task' })
  if (setting.init !== 'random' && model.files === null)
    throw new InputError(`needs pretrained weights, but this ${architecture.type} trunk is random only`, {
      field: `settings.${setting.name}`,
    })
  const outputs = outputsPerToken(task)
  const specs = [
    ...inputLayer(input, architecture.inputWidth ?? architecture.width),
    ...trunk.parameters,
    ...(beyond === null ? [] : [beyond.rows]),
    ...readout(outputs, architecture.width),
  ]
  const parameters = freeze(specs, setting, architecture.layers)
  const trained = new Set(parameters.filter((parameter) => parameter.trained).map(nameOf))
  const inBfloat16 = new Set(precision === 'bf16' ? parameters.filter(isFrozenMatrix).map(nameOf) : [])
  const given =
    startFrom === null ? new Map<string, string>() : matchStartFrom(startFrom, specs, model.family)

  /** Where a parameter's first value comes from; `rule`: the architecture's own. */
  const originOf = ({ name, part }: ParameterSpec): 'start_from' | 'file' | 'statistics' | 'rule' => {
    if (given.has(name)) return 'start_from'
    const isInFile = part !== 'input' && part !== 'output' && model.files?.names.has(name)
    if (!isInFile || setting.init === 'random') return 'rule'
    return setting.init === 'pretrained' ? 'file' : 'statistics'
  }

  const fixedValue = async (spec: ParameterSpec): Promise<Float32Array | null> => {
    const origin = originOf(spec)
    if (origin === 'file') return (await model.files?.read(spec.name)) ?? null
    const named = given.get(spec.name)
    return startFrom === null || named === undefined ? null : startFrom.readFloats(named)
  }

  /** How each seed draws its own, where no file gives the value. */
  const drawing = async (spec: ParameterSpec): Promise<ParameterSpec['firstValue']> =>
    originOf(spec) === 'statistics' && model.files !== null
      ? statisticsOf(await model.files.read(spec.name))
      : spec.firstValue

  const isDrawn = (spec: ParameterSpec): boolean => {
    const origin = originOf(spec)
    return origin === 'statistics' || (origin === 'rule' && spec.firstValue.kind !== 'constant')
  }
  const drawn = new Set(specs.filter(isDrawn).map(({ name }) => name))

  const rankOf = (name: string): number =>
    parameters.find((parameter) => parameter.name === name)?.shape.length ?? 0

  /** What the readout reads, [K, B * R, D]. */
  const readOf: (...given: Parameters<Network['forward']>) => Tensor = (
    weights,
    x,
    dropout,
    lengths = null,
  ) => {
    const [runs = 0, examples = 0, tokens = 0] = x.shape
    const weight = (name: string): Tensor => {
      const own = weightOf(weights, name)
      return name === beyond?.table
        ? withRowsBeyond(own, weightOf(weights, beyond.rows.name), rankOf(name))
        : own
    }
    const drop = (h: Tensor, site: number): Tensor => dropout?.apply(h, site) ?? h
    const h =
      input.kind === 'tokens'
        ? embed(x, weight('in.weight'))
        : drop(
            linear(
              tf.reshape(x, [runs, examples * tokens, input.width]),
              weight('in.weight'),
              weight('in.bias'),
              'out-in',
            ),
            0,
          ) // [K, B * T, D]
    return trunk.forward(h, {
      runs,
      examples,
      tokens,
      read: readTokens,
      lengths,
      weight,
      dense: denseByName(weight, inBfloat16),
      trains: (name) => trained.has(name),
      drop: (h, site) => drop(h, site + 1),
      normal: dropout && ((shape, site) => dropout.normal(shape, site + 1)),
    })
  }

  /** Logits [K, B, R * C] from [K, B * R, D]. */
  const answer = (weights: Weights, read: Tensor, examples: number): Tensor => {
    const logits = linear(read, weightOf(weights, 'out.weight'), weightOf(weights, 'out.bias'), 'out-in')
    return tf.reshape(logits, [read.shape[0], examples, -1])
  }

  const firstValues = async (
    specs: readonly ParameterSpec[],
    seeds: readonly number[],
  ): Promise<Map<string, Tensor>> => {
    const values = new Map<string, Tensor>()
    for (const spec of specs) {
      const perRun = trained.has(spec.name)
      const fixed = await fixedValue(spec)
      values.set(
        spec.name,
        fixed === null
          ? await drawForRuns(spec, await drawing(spec), seeds, perRun)
          : forRuns(tf.tensor(fixed, [...spec.shape]), perRun ? seeds.length : null),
      )
    }
    return values
  }

  const { width } = architecture
  const extent = { trunk, input, readTokens, outputs }
  const flops = { trainingFlops: trainingFlops(extent, parameters), forwardFlops: forwardFlops(extent) }
  const readoutOnly = (): ReadoutOnly => ({
    tokens: readTokens,
    width,
    features: (weights, x, lengths) =>
      tf.reshape(readOf(weights, x, null, lengths), [x.shape[0], x.shape[1] ?? 0, readTokens, width]),
    readout: {
      parameters: parameters.filter(({ part }) => part === 'output'),
      inBfloat16: new Set(),
      drawn,
      ...flops,
      forward: (weights, x) => {
        const [runs = 0, examples = 0] = x.shape
        return answer(weights, tf.reshape(x, [runs, examples * readTokens, width]), examples)
      },
      initialise: (seeds) =>
        firstValues(
          specs.filter(({ part }) => part === 'output'),
          seeds,
        ),
      readoutOnly: null,
    },
  })
  return {
    parameters,
    inBfloat16,
    drawn,
    ...flops,
    forward: (weights, x, dropout, lengths) =>
      answer(weights, readOf(weights, x, dropout, lengths), x.shape[1] ?? 0),
    initialise: (seeds, which = 'all') =>
      firstValues(which === 'all' ? specs : specs.filter(({ name }) => trained.has(name)), seeds),
    readoutOnly: parameters.every(({ part, trained }) => trained === (part === 'output'))
      ? readoutOnly()
      : null,
  }
}

function inputLayer(input: TaskInput, width: number): ParameterSpec[] {
  const common = { part: 'input', layer: null } as const
  if (input.kind === 'tokens') {
    const firstValue = { kind: 'normal', mean: 0, deviation: 1 } as const
    return [{ ...common, name: 'in.weight', shape: [input.vocabulary, width], firstValue }]
  }
  const firstValue = { kind: 'orthogonal', gain: ORTHOGONAL_GAIN } as const
  return [
    { ...common, name: 'in.weight', shape: [width, input.width], firstValue },
    { ...common, name: 'in.bias', shape: [width], firstValue: ZEROS },
  ]
}

/** PyTorch's default for a linear layer: uniform within 1 / sqrt(D), bias too. */
function readout(outputs: number, width: number): ParameterSpec[] {
  const firstValue = { kind: 'uniform', bound: 1 / Math.sqrt(width) } as const
  const common = { part: 'output', layer: null, firstValue } as const
  return [
    { ...common, name: 'out.weight', shape: [outputs, width] },
    { ...common, name: 'out.bias', shape: [outputs] },
  ]
}

/** C: bits and values are shared out over the tokens read; each token answers for all classes. */
function outputsPerToken({ output, readTokens }: NetworkTask): number {
  if (output.kind === 'classes') return output.count
  if (output.count % readTokens !== 0)
    throw new InputError(
      `${output.count} ${output.kind} cannot be shared out evenly over ${readTokens} tokens`,
      {
        field: 'task',
      },
    )
  return (output.kind === 'bits' ? 2 * output.count : output.count) / readTokens
}

const nameOf = ({ name }: Parameter): string => name

/** The large matrices: all of the time and memory of a frozen trunk. */
const isFrozenMatrix = ({ part, shape, trained }: Parameter): boolean =>
  !trained && shape.length === 2 && (part === 'attention' || part === 'feed_forward')

function weightOf(weights: Weights, name: Parameter['name']): Tensor {
  const weight = weights.get(name)
  if (weight === undefined) throw new Error(`no weight for the parameter ${name}`)
  return weight
}
