import type { Batch } from '../../src-main/tasks/task'

/** Loss and gradients of the toy network by hand: slow, double precision, and nothing of the engine. */
export function toyReference(
  middle: readonly number[],
  weights: ReadonlyMap<string, readonly number[]>,
  batch: Batch,
): { loss: number; norm: number; gradient: Map<string, number[]> } {
  const [inputs, hidden, classes] = [6, 5, 3]
  const w = (name: string): readonly number[] => weights.get(name) ?? []
  const gradient = new Map(Array.from(weights, ([name, values]) => [name, values.map(() => 0)]))
  const add = (name: string, at: number, value: number): void => {
    const values = gradient.get(name) ?? []
    values[at] = (values[at] ?? 0) + value
  }
  const times = (a: readonly number[], b: readonly number[], columns: number): number[] =>
    Array.from({ length: columns }, (_, j) =>
      a.reduce((sum, value, i) => sum + value * (b[i * columns + j] ?? NaN), 0),
    )
  const back = (d: readonly number[], b: readonly number[], rows: number): number[] =>
    Array.from({ length: rows }, (_, i) =>
      d.reduce((sum, value, j) => sum + value * (b[i * d.length + j] ?? NaN), 0),
    )
  let loss = 0
  for (let n = 0; n < batch.size; n++) {
    const x = [...batch.x.slice(n * inputs, (n + 1) * inputs)]
    const first = times(x, w('in.weight'), hidden).map((value, j) =>
      Math.max(0, value + (w('in.bias')[j] ?? NaN)),
    )
    const second = times(first, middle, hidden).map(Math.tanh)
    const logits = times(second, w('out.weight'), classes)
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0)
    const label = batch.y[n] ?? 0
    loss -= (logits[label] ?? NaN) - Math.log(total)
    const dLogits = logits.map((logit, c) => (Math.exp(logit) / total - (c === label ? 1 : 0)) / batch.size)
    dLogits.forEach((d, c) => second.forEach((s, j) => add('out.weight', j * classes + c, s * d)))
    const dSecond = back(dLogits, w('out.weight'), hidden).map((d, j) => d * (1 - (second[j] ?? NaN) ** 2))
    const dFirst = back(dSecond, middle, hidden).map((d, j) => ((first[j] ?? 0) > 0 ? d : 0))
    dFirst.forEach((d, j) => {
      add('in.bias', j, d)
      x.forEach((value, i) => add('in.weight', i * hidden + j, value * d))
    })
  }
  const norm = Math.sqrt([...gradient.values()].flat().reduce((sum, g) => sum + g * g, 0))
  return { loss: loss / batch.size, norm, gradient }
}
