import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tensor } from '@tensorflow/tfjs'
import { tf } from '../backend'
import { runOperation } from '../operations'
import { encodeSavedModel, type GraphNode } from './graph-def'
import { symbolicBackend } from './symbolic'

/** What an entry takes and gives, by name. */
export interface Entry {
  readonly feeds: readonly string[]
  readonly outputs: readonly string[]
}

/** A loaded graph: one TensorFlow session with its variables. */
export class Program {
  private readonly session: number
  /** SHA-256 of the graph: the same for the same computation on the same shapes. */
  readonly fingerprint: string

  constructor(
    nodes: readonly GraphNode[],
    private readonly entries: ReadonlyMap<string, Entry>,
    private readonly groups: ReadonlyMap<string, ReadonlyMap<string, string>>,
  ) {
    const folder = mkdtempSync(join(tmpdir(), 'fairsweep-graph-'))
    try {
      const bytes = encodeSavedModel(nodes)
      this.fingerprint = createHash('sha256').update(bytes).digest('hex')
      writeFileSync(join(folder, 'saved_model.pb'), bytes)
      this.session = symbolicBackend().binding.loadSavedModel(folder, 'serve')
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  /** Sets all variables of a group. The tensors stay the caller's. */
  write(group: string, values: ReadonlyMap<string, Tensor>): void {
    const members = this.members(group)
    for (const name of values.keys())
      if (!members.has(name)) throw new Error(`${group} has no variable ${name}`)
    if (members.size === 0) return
    tf.tidy(() => {
      const feeds = [...members].map(([name, node]): [string, Tensor] => {
        const value = values.get(name)
        if (!value) throw new Error(`variable ${name} of ${group} is not given`)
        // A tensor made in JavaScript may share JavaScript's memory; a variable that kept it would change with it and
        // be freed by TensorFlow's own thread, which corrupts the heap. A copy is TensorFlow's own; and unlike a sum
        // with 0 or a product with 1 it keeps every bit, of -0 and of the smallest numbers too.
        return [`${node}/value:0`, runOperation('DeepCopy', [value], { T: { type: value.dtype } })]
      })
      this.call(feeds, [`write/${group}:0`])
    })
  }

  /** The variables of a group, by name, as tensors that the caller disposes. */
  read(group: string): Map<string, Tensor> {
    const members = this.members(group)
    if (members.size === 0) return new Map()
    const values = this.call(
      [],
      [...members.values()].map((node) => `${node}/now:0`),
    )
    return new Map([...members.keys()].map((name, index) => [name, values[index] as Tensor]))
  }

  /** Runs an entry; the caller disposes of the outputs. */
  run(name: string, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    const entry = this.entries.get(name)
    if (!entry) throw new Error(`no entry ${name} in this program`)
    const given = entry.feeds.map((feed): [string, Tensor] => {
      const value = feeds[feed]
      if (!value) throw new Error(`${name} needs the feed ${feed}`)
      return [`${name}/${feed}:0`, value]
    })
    const outputs = this.call(
      given,
      entry.outputs.map((output) => `${name}/out/${output}:0`),
    )
    return Object.fromEntries(entry.outputs.map((output, index) => [output, outputs[index] as Tensor]))
  }

  dispose(): void {
    symbolicBackend().binding.deleteSavedModel(this.session)
  }

  /** Variables by name; a group of which none was declared is empty. */
  private members(group: string): ReadonlyMap<string, string> {
    return this.groups.get(group) ?? new Map<string, string>()
  }

  private call(feeds: readonly (readonly [string, Tensor])[], fetches: readonly string[]): Tensor[] {
    const backend = symbolicBackend()
    const ids = backend.getInputTensorIds(feeds.map(([, tensor]) => tensor))
    const names = feeds.map(([name]) => name).join()
    return backend.binding
      .runSavedModel(this.session, ids, names, fetches.join())
      .map((metadata) => backend.createOutputTensor(metadata))
  }
}
