import type { Attribute, GraphNode } from './graph-def'

/** Records a node and returns its name. */
interface Recorder {
  readonly nodes: GraphNode[]
  add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    name?: string,
  ): string
  outside<T>(body: () => T): T
}

/** A value that a loop carries from one round to the next. */
export interface LoopVariable {
  /** The node that holds it at the start of a round. */
  readonly merged: string
  readonly type: Attribute
}

/**
 * A loop of a TensorFlow graph while it is recorded: a frame that values enter, merge into with what the round before left,
 * and are switched by the loop's condition: into another round, or out.
 */
export class LoopFrame {
  /** Names of the nodes that run in every round. */
  readonly inside = new Set<string>()
  private readonly constants = new Map<string, string>()
  private readonly switches = new Map<LoopVariable, string>()
  private condition = ''

  constructor(
    private readonly recorder: Recorder,
    private readonly name: string,
    private readonly closed: () => void,
  ) {}

  /** What comes from outside and stays the same in every round; what is inside is left as it is. */
  constant(source: string, type: Attribute): string {
    const [node = ''] = source.split(':')
    if (this.inside.has(node)) return source
    let entered = this.constants.get(source)
    if (entered === undefined) {
      entered = `${this.enter(source, type, true)}:0`
      this.constants.set(source, entered)
    }
    return entered
  }

  /** A value that starts from the given one; `carryOn` says what it becomes. */
  variable(start: string, type: Attribute): LoopVariable {
    const entered = this.enter(start, type, false)
    const merged = this.recorder.add(
      'Merge',
      [`${entered}:0`, `${entered}/next:0`],
      { T: type, N: { i: 2 } },
      `${entered}/merged`,
    )
    return { merged, type }
  }

  /** Another round follows while this holds. It may use variables as they are at a round's start. */
  goOnWhile(condition: string): void {
    this.condition = `${this.recorder.add('LoopCond', [condition], {})}:0`
  }

  /** A variable as the round finds it. */
  inRound(variable: LoopVariable): string {
    return `${this.switched(variable)}:1`
  }

  /** @param next what the variable is in the next round */
  carryOn(variable: LoopVariable, next: string): void {
    const name = variable.merged.replace(/merged$/, 'next')
    this.recorder.add('NextIteration', [next], { T: variable.type }, name)
  }

  /** Ends the loop. @returns what finds a variable's value after the last round. */
  close(): (variable: LoopVariable) => string {
    const exits = new Map(
      [...this.switches].map(([variable, node]) => {
        return [variable, this.recorder.add('Exit', [`${node}:0`], { T: variable.type })]
      }),
    )
    this.closed()
    return (variable) => `${exits.get(variable) ?? ''}:0`
  }

  private switched(variable: LoopVariable): string {
    let node = this.switches.get(variable)
    if (node === undefined) {
      node = this.recorder.add('Switch', [`${variable.merged}:0`, this.condition], { T: variable.type })
      this.switches.set(variable, node)
    }
    return node
  }

  private enter(source: string, type: Attribute, isConstant: boolean): string {
    return this.recorder.add('Enter', [source], {
      T: type,
      frame_name: { s: this.name },
      is_constant: { b: isConstant },
      parallel_iterations: { i: 10 },
    })
  }
}
