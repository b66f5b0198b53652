import type { Tensor } from '@tensorflow/tfjs'
import { DATA_TYPE, type GraphDType } from './graph-def'
import { Tracer } from './trace'
import { tf } from '../backend'
import type { LoopVariable } from './loop-frame'

/** Tensors by name; what is undefined is not there. */
type Named = Readonly<Record<string, Tensor | undefined>>

/** One round of a scan: what the sequences hold at its place, and what the round before left. */
type Round<Sequences, States, Outputs> = (
  entries: Sequences,
  states: States,
) => { readonly states: States; readonly outputs: Outputs }

/**
 * A recurrence over sequences, as one loop. In a compiled step its body is traced once and becomes a loop of the graph
 * (the frames and switches of TensorFlow's own `while_loop`), however long the sequences are; elsewhere it runs as it
 * stands. No gradient is recorded: whoever needs one writes it as another scan, backwards.
 *
 * @param sequences [T, ...] each; a round is given their entries at one place
 * @param states what the first round finds, in the shapes that they keep
 * @param backwards from the last entry to the first
 * @returns the outputs of all rounds, each [T, ...], at the places of their entries
 */
export function scan<Sequences extends Named, States extends Named, Outputs extends Named>(
  sequences: Sequences,
  states: States,
  round: Round<Sequences, States, Outputs>,
  { backwards = false } = {},
): Outputs {
  const length = Object.values(sequences).find((sequence) => sequence !== undefined)?.shape[0] ?? 0
  const tracer = Tracer.current
  if (tracer !== null) return traceLoop(tracer, length, sequences, states, round, backwards)
  const entries = eachOf(sequences, (sequence) => tf.unstack(sequence))
  const collected: Record<string, Tensor[]> = {}
  let now = states
  for (let count = 0; count < length; count++) {
    const t = backwards ? length - 1 - count : count
    const result = round(named(eachOf(entries, (entry) => entry[t] as Tensor)), now)
    now = result.states
    for (const [name, output] of given(result.outputs)) (collected[name] ??= [])[t] = output
  }
  return named(eachOf(collected, (outputs) => tf.stack(outputs)))
}

const given = <T>(values: Readonly<Record<string, T | undefined>>): [string, T][] =>
  Object.entries(values).filter((entry): entry is [string, T] => entry[1] !== undefined)

const eachOf = <T, U>(
  values: Readonly<Record<string, T | undefined>>,
  change: (value: T, name: string) => U,
): Record<string, U> => Object.fromEntries(given(values).map(([name, value]) => [name, change(value, name)]))

/** The same names as the type says. */
const named = <T>(values: Record<string, Tensor>): T => values as T

const INT = { type: DATA_TYPE.int32 }
const typeOf = (tensor: Tensor): { type: number } => ({ type: DATA_TYPE[tensor.dtype as GraphDType] })

function traceLoop<Sequences extends Named, States extends Named, Outputs extends Named>(
  tracer: Tracer,
  length: number,
  sequences: Sequences,
  states: States,
  round: Round<Sequences, States, Outputs>,
  backwards: boolean,
): Outputs {
  const scalar = (value: number): string => tracer.constant('int32', [], Int32Array.of(value))
  const loop = tracer.openFrame()
  const counter = loop.variable(scalar(0), INT)
  const carried = eachOf(states, (state) => loop.variable(tracer.source(state), typeOf(state)))
  const limit = loop.constant(scalar(length), INT)
  loop.goOnWhile(`${tracer.add('Less', [`${counter.merged}:0`, limit], { T: INT })}:0`)
  const count = loop.inRound(counter)
  const last = loop.constant(scalar(length - 1), INT)
  const place = backwards ? `${tracer.add('Sub', [last, count], { T: INT })}:0` : count

  const symbol = (source: string, { dtype }: Tensor, shape: readonly number[]): Tensor =>
    tracer.symbol(source, shape, dtype as GraphDType)
  const entries = eachOf(sequences, (sequence) => {
    const whole = loop.constant(tracer.source(sequence), typeOf(sequence))
    const axis = loop.constant(scalar(0), INT)
    const attributes = { Tparams: typeOf(sequence), Tindices: INT, Taxis: INT }
    const entry = tracer.add('GatherV2', [whole, place, axis], attributes)
    return symbol(`${entry}:0`, sequence, sequence.shape.slice(1))
  })
  const found = eachOf(states, (state, name) =>
    symbol(loop.inRound(carried[name] as LoopVariable), state, state.shape),
  )
  const result = round(named(entries), named(found))
  for (const [name, state] of given(result.states)) {
    const { shape } = states[name] as Tensor
    if (state.shape.join() !== shape.join())
      throw new Error(`the state ${name} of shape [${shape.join()}] became one of [${state.shape.join()}]`)
    loop.carryOn(carried[name] as LoopVariable, tracer.operand(state))
  }
  const one = loop.constant(scalar(1), INT)
  loop.carryOn(counter, `${tracer.add('AddV2', [count, one], { T: INT })}:0`)

  // Each output has an array that the rounds write to; its "flow" tells how far the writing is.
  const arrays = eachOf(result.outputs, (output) => {
    const written = tracer.operand(output)
    const attributes = {
      dtype: typeOf(output),
      element_shape: { shape: output.shape },
      identical_element_shapes: { b: true },
    }
    const array = tracer.outside(() => tracer.add('TensorArrayV3', [scalar(length)], attributes))
    const flow = loop.variable(`${array}:1`, { type: DATA_TYPE.float32 })
    const inputs = [loop.constant(`${array}:0`, { type: RESOURCE }), place, written, loop.inRound(flow)]
    loop.carryOn(flow, `${tracer.add('TensorArrayWriteV3', inputs, { T: typeOf(output) })}:0`)
    return { array, flow, output }
  })
  const after = loop.close()
  const places = `${tracer.add('Range', [scalar(0), scalar(length), scalar(1)], { Tidx: INT })}:0`
  return named(
    eachOf(arrays, ({ array, flow, output }) => {
      const attributes = { dtype: typeOf(output), element_shape: { shape: output.shape } }
      const all = tracer.add('TensorArrayGatherV3', [`${array}:0`, places, after(flow)], attributes)
      return symbol(`${all}:0`, output, [length, ...output.shape])
    }),
  )
}

/** TensorFlow's number for a handle. */
const RESOURCE = 20
