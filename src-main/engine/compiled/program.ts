import type { Tensor } from '@tensorflow/tfjs'
import { DATA_TYPE, type Attribute, type GraphDType } from './graph-def'
import { Program, type Entry } from './loaded-program'
import { Tracer, forgetSymbols } from './trace'
import { markForXla, nodeOf } from './xla'

/** Shape and element type of what an entry is fed with. */
export interface Feed {
  readonly shape: readonly number[]
  readonly dtype: GraphDType
}

export interface EntryResult {
  readonly outputs: Readonly<Record<string, Tensor>>
  /** New values of variables, by name; they take effect together, after every read of this entry. */
  readonly updates?: ReadonlyMap<string, Tensor>
  /** Operations that change variables where they are, after every read of them in this entry, in the order given. */
  readonly inPlace?: readonly InPlaceUpdate[]
}

/** A TensorFlow operation on variables of type float32, such as an optimizer's. Readers keep what they have read. */
export interface InPlaceUpdate {
  readonly operation: string
  /** Names of the variables that it takes first. */
  readonly variables: readonly string[]
  /** What it takes after them. */
  readonly inputs: readonly Tensor[]
  /** It waits for these too. */
  readonly after?: readonly Tensor[]
}

/** How a variable is held; it is written and read in float32 and in its own layout, however that is. */
export interface Holding {
  /** One of type bfloat16 is rounded on the way in. Default: float32. */
  readonly dtype?: GraphDType
  /** Its last two dimensions change places; the tensor that stands for it has them so. Default: no. */
  readonly transposed?: boolean
}

interface DeclaredVariable {
  readonly node: string
  /** As it is held. */
  readonly feed: Feed
  readonly transposed: boolean
  readonly group: string
}

/**
 * Builds one TensorFlow graph out of several entries (a training step, an evaluation) that share variables, from plain
 * tfjs code. Variables live in named groups that are written and read as a whole.
 *
 * ```ts
 * const builder = new ProgramBuilder()
 * const w = builder.variable('w', [3], 'state')
 * builder.entry('step', { x: { shape: [3], dtype: 'float32' } }, ({ x }) => ({
 *   outputs: { sum: tf.sum(tf.mul(w, x)) },
 *   updates: new Map([['w', tf.add(w, x)]]),
 * }))
 * const program = builder.load()
 * ```
 */
export class ProgramBuilder {
  private readonly tracer = new Tracer()
  private readonly variables = new Map<string, DeclaredVariable>()
  private readonly entries = new Map<string, Entry>()
  private readonly symbols: Tensor[] = []
  private readonly compiled = new Set<string>()

  /** Declares a variable; the tensor stands for its value, as it is held, when an entry starts. */
  variable(
    name: string,
    given: readonly number[],
    group: string,
    { dtype = 'float32', transposed = false }: Holding = {},
  ): Tensor {
    const shape = transposed ? lastTwoSwapped(given) : given
    const node = `variable_${this.variables.size}`
    const attributes = { dtype: { type: DATA_TYPE[dtype] }, shape: { shape } }
    this.tracer.add(
      'VarHandleOp',
      [],
      { ...attributes, shared_name: { s: node }, container: { s: '' } },
      node,
    )
    this.tracer.add('ReadVariableOp', [`${node}:0`], { dtype: attributes.dtype }, `${node}/read`)
    this.variables.set(name, { node, feed: { shape, dtype }, transposed, group })
    const symbol = this.tracer.symbol(`${node}/read:0`, shape, dtype)
    this.symbols.push(symbol)
    return symbol
  }

  /**
   * Traces `body` as an entry of the program.
   * @param xla compile the entry with XLA; random draws stay outside of the compiled part (XLA draws other bits)
   */
  entry(
    name: string,
    feeds: Readonly<Record<string, Feed>>,
    body: (feeds: Readonly<Record<string, Tensor>>) => EntryResult,
    { xla = false } = {},
  ): void {
    forgetSymbols(() => {
      const placeholders = Object.entries(feeds).map(([feed, { shape, dtype }]) => {
        const attributes = { dtype: { type: DATA_TYPE[dtype] }, shape: { shape } }
        return [
          feed,
          this.tracer.symbol(
            `${this.tracer.add('Placeholder', [], attributes, `${name}/${feed}`)}:0`,
            shape,
            dtype,
          ),
        ]
      })
      const result = this.tracer.record(name, () =>
        body(Object.fromEntries(placeholders) as Record<string, Tensor>),
      )
      const changed = new Map<string, string>()
      const assigned = [
        ...[...(result.updates ?? [])].map(([variable, value]) => this.assign(variable, value)),
        ...(result.inPlace ?? []).map((update) => this.change(update, changed)),
      ]
      for (const [output, tensor] of Object.entries(result.outputs)) {
        const type = DATA_TYPE[tensor.dtype as GraphDType]
        const inputs = [this.tracer.source(tensor), ...assigned.map((node) => `^${node}`)]
        this.tracer.add('Identity', inputs, { T: { type } }, `${name}/out/${output}`)
      }
      return result
    })
    this.entries.set(name, { feeds: Object.keys(feeds), outputs: this.outputNames(name) })
    // XLA takes no loop of this kind.
    if (
      xla &&
      !this.tracer.nodes.some(({ name: node, op }) => op === 'LoopCond' && node.startsWith(`${name}/`))
    )
      this.compiled.add(name)
  }

  /** Hands the graph to TensorFlow. Every group must be written before an entry runs. */
  load(): Program {
    const groups = new Map<string, Map<string, string>>()
    for (const [name, variable] of this.variables) {
      const { node, group } = variable
      this.initializer(variable)
      const members = groups.get(group) ?? new Map<string, string>()
      groups.set(group, members.set(name, node))
    }
    for (const [group, members] of groups) {
      const done = [...members.values()].map((node) => `^${node}/assign`)
      const zero = this.tracer.constant('float32', [], new Float32Array(1))
      this.tracer.add('Identity', [zero, ...done], { T: { type: DATA_TYPE.float32 } }, `write/${group}`)
    }
    for (const symbol of this.symbols) symbol.dispose()
    return new Program(markForXla(this.tracer.nodes, this.compiled), this.entries, groups)
  }

  private assign(variable: string, value: Tensor): string {
    const { node, feed } = this.known(variable)
    if (value.shape.join() !== feed.shape.join()) {
      throw new Error(`${variable} has shape [${feed.shape.join()}] and is given [${value.shape.join()}]`)
    }
    const inputs = [`${node}:0`, this.tracer.source(value), `^${node}/read`]
    return this.tracer.add('AssignVariableOp', inputs, { dtype: { type: DATA_TYPE[feed.dtype] } })
  }

  /** @param changed the operation that last changed a variable, by the variable's node */
  private change(
    { operation, variables, inputs, after = [] }: InPlaceUpdate,
    changed: Map<string, string>,
  ): string {
    const nodes = variables.map((variable) => this.known(variable).node)
    const earlier = new Set([
      ...nodes.map((node) => changed.get(node) ?? `${node}/read`),
      ...after.map((tensor) => nodeOf(this.tracer.source(tensor))),
    ])
    const update = this.tracer.add(
      operation,
      [
        ...nodes.map((node) => `${node}:0`),
        ...inputs.map((tensor) => this.tracer.source(tensor)),
        ...[...earlier].map((node) => `^${node}`),
      ],
      { [operation.startsWith('Assign') ? 'dtype' : 'T']: { type: DATA_TYPE.float32 } },
    )
    for (const node of nodes) changed.set(node, update)
    return update
  }

  private known(variable: string): DeclaredVariable {
    const known = this.variables.get(variable)
    if (!known) throw new Error(`no variable ${variable} in this program`)
    return known
  }

  /** `value` is fed and assigned; `now` is what the variable holds. Both are of a type that tfjs knows. */
  private initializer({ node, feed: { shape, dtype }, transposed }: DeclaredVariable): void {
    const held = { type: DATA_TYPE[dtype] }
    const outside = { type: DATA_TYPE[dtype === 'bfloat16' ? 'float32' : dtype] }
    const cast = (source: string, from: { type: number }, to: { type: number }): string =>
      from.type === to.type
        ? source
        : `${this.tracer.add('Cast', [source], { SrcT: from, DstT: to, Truncate: { b: false } })}:0`
    const turned = (source: string, type: Attribute): string =>
      transposed ? this.swapLastTwo(source, type, shape.length) : source
    const given = { dtype: outside, shape: { shape: transposed ? lastTwoSwapped(shape) : shape } }
    this.tracer.add('Placeholder', [], given, `${node}/value`)
    const value = turned(cast(`${node}/value:0`, outside, held), held)
    this.tracer.add('AssignVariableOp', [`${node}:0`, value], { dtype: held }, `${node}/assign`)
    const now = turned(cast(`${node}/read:0`, held, outside), outside)
    this.tracer.add('Identity', [now], { T: outside }, `${node}/now`)
  }

  private swapLastTwo(source: string, type: Attribute, rank: number): string {
    const order = lastTwoSwapped(Array.from({ length: rank }, (_, axis) => axis))
    const permutation = this.tracer.constant('int32', [rank], Int32Array.from(order))
    const types = { T: type, Tperm: { type: DATA_TYPE.int32 } }
    return `${this.tracer.add('Transpose', [source, permutation], types)}:0`
  }

  private outputNames(entry: string): string[] {
    const prefix = `${entry}/out/`
    return this.tracer.nodes
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name }) => name.slice(prefix.length))
  }
}

const lastTwoSwapped = (axes: readonly number[]): number[] => {
  const [a = 0, b = 0] = axes.slice(-2)
  return [...axes.slice(0, -2), b, a]
}
