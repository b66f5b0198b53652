import type { Stepper } from './stepper'

/** Older graphs than the newest one stay while the tensors of all of them together take no more. */
const MOST_BYTES = 2 ** 28

interface KeptGraph {
  readonly key: string
  readonly stepper: Stepper
  /** Of its tensors. */
  readonly bytes: number
  /** The key of the values that its frozen tensors have; null: of none. */
  frozen: string | null
}

/**
 * The graphs of a worker, lent to one group after the other. The groups of a cell follow each other, or take turns with
 * those of a few other cells; tracing and loading a graph takes a while, and so does reading a trunk's frozen weights and
 * writing them into it, which are mostly the same for all groups.
 */
export class KeptGraphs {
  /** Newest first. */
  private graphs: readonly KeptGraph[] = []

  constructor(private readonly mostBytes = MOST_BYTES) {}

  /**
   * A graph that is kept under this key, or a new one. It is back when the stepper is disposed of, and may be disposed of
   * itself as soon as another is asked for.
   * @param keys equal for groups of one graph, and for those among them whose frozen weights are equal
   * @param bytes of its tensors
   */
  lend(
    keys: { readonly graph: string; readonly frozen: string },
    bytes: number,
    make: () => Stepper,
  ): Stepper {
    const graph = this.take(keys.graph, bytes, make)
    const { stepper } = graph
    return {
      parts: stepper.parts,
      get hasFrozen() {
        return graph.frozen === keys.frozen
      },
      train: (feeds) => stepper.train(feeds),
      score: (run, examples) => stepper.score(run, examples),
      read: (part) => stepper.read(part),
      write: (part, values) => {
        // Whatever comes of it, they are not what they were.
        if (part === 'frozen') graph.frozen = null
        stepper.write(part, values)
        if (part === 'frozen') graph.frozen = keys.frozen
      },
      clear: () => stepper.clear(),
      dispose: () => undefined,
    }
  }

  private take(key: string, bytes: number, make: () => Stepper): KeptGraph {
    const known = this.graphs.find((graph) => graph.key === key)
    const others = this.graphs.filter((graph) => graph !== known)
    let together = bytes
    // Before another takes its memory.
    const stay = others.filter((graph) => (together += graph.bytes) <= this.mostBytes)
    this.graphs = stay
    for (const graph of others) if (!stay.includes(graph)) graph.stepper.dispose()
    const newest = known ?? { key, stepper: make(), bytes, frozen: null }
    this.graphs = [newest, ...stay]
    return newest
  }
}
