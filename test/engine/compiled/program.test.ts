import { beforeAll, describe, expect, it } from 'vitest'
import {
  loadEngine,
  runOperation,
  statelessUniform,
  tf,
  type Tensor,
  type Tensor1D,
} from '../../../src-main/engine'
import { ProgramBuilder } from '../../../src-main/engine/compiled/program'

beforeAll(async () => {
  await loadEngine('tensorflow')
})

const values = (tensor: Tensor | undefined): number[] => Array.from(tensor?.dataSync() ?? [])

describe('a compiled program', () => {
  it.each([false, true])('computes and updates what the traced code says (xla: %s)', (xla) => {
    const builder = new ProgramBuilder()
    const w = builder.variable('w', [3], 'state')
    builder.entry(
      'step',
      { x: { shape: [3], dtype: 'float32' } },
      ({ x }) => ({
        outputs: { sum: tf.sum(tf.mul(w, x as Tensor)) },
        updates: new Map([['w', tf.add(w, x as Tensor)]]),
      }),
      { xla },
    )
    builder.entry('double', {}, () => ({ outputs: { twice: tf.mul(w, 2) } }))
    const program = builder.load()
    program.write('state', new Map([['w', tf.tensor1d([1, 2, 3])]]))
    const x = tf.tensor1d([1, 1, 2])
    expect(values(program.run('step', { x }).sum)).toEqual([9])
    expect(values(program.run('step', { x }).sum)).toEqual([2 + 3 + 10])
    expect(values(program.run('double', {}).twice)).toEqual([6, 8, 14])
    expect(values(program.read('state').get('w'))).toEqual([3, 4, 7])
    program.dispose()
  })

  it.each(['float32', 'bfloat16'] as const)(
    'holds a variable transposed, and takes and gives it as it was (%s)',
    (dtype) => {
      const floats = { SrcT: { type: dtype }, DstT: { type: 'float32' }, Truncate: { bool: false } } as const
      const builder = new ProgramBuilder()
      const w = builder.variable('w', [1, 2, 3], 'state', { dtype, transposed: true })
      builder.entry('held', {}, () => ({ outputs: { held: runOperation('Cast', [w], floats) } }))
      const program = builder.load()
      const given = tf.tensor3d([1, 2, 3, 4, 5, 6], [1, 2, 3])
      program.write('state', new Map([['w', given]]))
      const { held } = program.run('held', {})
      const read = program.read('state').get('w')
      expect(w.shape).toEqual([1, 3, 2])
      expect([held?.shape, values(held)]).toEqual([
        [1, 3, 2],
        [1, 4, 2, 5, 3, 6],
      ])
      expect([read?.shape, values(read)]).toEqual([given.shape, [1, 2, 3, 4, 5, 6]])
      program.dispose()
    },
  )

  it.each([false, true])(
    'changes variables where they are, and no tensor that was read or written before (xla: %s)',
    (xla) => {
      const builder = new ProgramBuilder()
      const names = ['w', 'm', 'v']
      const [w] = names.map((name) => builder.variable(name, [3], 'state'))
      builder.entry(
        'step',
        { g: { shape: [3], dtype: 'float32' } },
        ({ g }) => ({
          outputs: { before: tf.mul(w as Tensor, 1) },
          inPlace: [
            {
              operation: 'ResourceApplyAdam',
              variables: names,
              // beta1^t, beta2^t, rate, beta1, beta2, epsilon, gradient
              inputs: [...[0, 0, 0.5, 0, 0, 0].map((number) => tf.scalar(number)), g as Tensor],
            },
          ],
        }),
        { xla },
      )
      const program = builder.load()
      const written = tf.tensor1d([1, 2, 3])
      program.write('state', new Map(names.map((name) => [name, written])))
      const read = program.read('state')
      const { before } = program.run('step', { g: tf.tensor1d([2, -3, 4]) })
      // With both betas 0: m = g, v = g², and w loses the rate times the sign of g.
      expect(names.map((name) => values(program.read('state').get(name)))).toEqual([
        [0.5, 2.5, 2.5],
        [2, -3, 4],
        [4, 9, 16],
      ])
      const first = [1, 2, 3]
      expect([before, read.get('w'), read.get('m'), written].map(values)).toEqual([
        first,
        first,
        first,
        first,
      ])
      program.dispose()
    },
  )

  it('gives the gradients that eager tfjs gives', () => {
    const loss = (w: Tensor, x: Tensor): Tensor => {
      const hidden = tf.tanh(tf.matMul(x, w))
      return tf.mean(tf.square(tf.sub(tf.softmax(hidden), tf.sum(hidden, 1, true))))
    }
    const w0 = tf.randomNormal([4, 5], 0, 1, 'float32', 1)
    const x0 = tf.randomNormal([3, 4], 0, 1, 'float32', 2)
    const eager = values(tf.grad((w) => loss(w, x0))(w0))
    const builder = new ProgramBuilder()
    const w = builder.variable('w', [4, 5], 'state')
    builder.entry('gradient', { x: { shape: [3, 4], dtype: 'float32' } }, ({ x }) => ({
      outputs: { dw: tf.grad((weights) => loss(weights, x as Tensor))(w) },
    }))
    const program = builder.load()
    program.write('state', new Map([['w', w0]]))
    const compiled = values(program.run('gradient', { x: x0 }).dw)
    compiled.forEach((value, index) => {
      expect(value).toBeCloseTo(eager[index] ?? NaN, 6)
    })
    program.dispose()
  })

  it.each([false, true])('draws the same random numbers as the eager engine (xla: %s)', (xla) => {
    const builder = new ProgramBuilder()
    builder.entry(
      'draw',
      { seed: { shape: [2], dtype: 'int32' } },
      ({ seed }) => ({
        outputs: { u: tf.mul(statelessUniform([8], tf.add(seed as Tensor1D, tf.scalar(1, 'int32'))), 3) },
      }),
      { xla },
    )
    const program = builder.load()
    const eager = tf.mul(statelessUniform([8], tf.tensor1d([5, 8], 'int32')), 3)
    expect(values(program.run('draw', { seed: tf.tensor1d([4, 7], 'int32') }).u)).toEqual(values(eager))
    program.dispose()
  })

  it('refuses code that reads a value while it is traced', () => {
    const builder = new ProgramBuilder()
    const w = builder.variable('w', [1], 'state')
    expect(() => {
      builder.entry('read', {}, () => ({ outputs: { twice: tf.scalar((w.dataSync()[0] ?? 0) * 2) } }))
    }).toThrow('reads the value of a tensor in JavaScript')
  })

  it('refuses a large constant that should have been a variable', () => {
    const builder = new ProgramBuilder()
    const table = tf.randomNormal([2000], 0, 1, 'float32', 3)
    expect(() => {
      builder.entry('use', {}, () => ({ outputs: { y: tf.sum(table) } }))
    }).toThrow('a constant of shape [2000]')
  })

  it('leaves no tensors behind', () => {
    const before = tf.memory().numTensors
    const builder = new ProgramBuilder()
    const w = builder.variable('w', [2], 'state')
    builder.entry('step', {}, () => ({
      outputs: { y: tf.sum(w) },
      updates: new Map([['w', tf.mul(w, tf.ones([2]))]]),
    }))
    const program = builder.load()
    tf.tidy(() => {
      program.write('state', new Map([['w', tf.tensor1d([1, 2])]]))
      program.run('step', {})
    })
    program.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})
