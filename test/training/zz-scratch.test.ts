import { beforeAll, it } from 'vitest'
import { homedir } from 'node:os'
import { loadEngine, tf, type Tensor } from '../../src-main/engine'
import { openModel } from '../../src-main/models/model'
import { buildNetwork } from '../../src-main/models/build'
import { objectiveOf } from '../../src-main/training/objective'
import { EagerStepper, type Stepper } from '../../src-main/training/stepper'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
beforeAll(() => loadEngine())
const FROZEN = ['input', 'output', 'layer_norm', 'positions'] as const
const ALL = [...FROZEN, 'attention', 'feed_forward'] as const
it('measures', async () => {
  const model = await openModel({
    source: 'directory',
    path: `${homedir()}/.cache/fairsweep/models/minilm-l6`,
  })
  const P = Number(process.env.PATCH ?? 7)
  const T = (28 / P) ** 2
  for (const [label, train] of [
    ['frozen', FROZEN],
    ['unfrozen', ALL],
  ] as const)
    for (const K of (process.env.KS ?? '1').split(',').map(Number))
      for (const kind of (process.env.KINDS ?? 'eager,plain,xla').split(',')) {
        const input = { kind: 'vectors', tokens: T, width: P * P } as const
        const output = { kind: 'classes', count: 10 } as const
        const network = await buildNetwork(
          model,
          { input, output, readTokens: 1 },
          { name: label, init: 'pretrained', train: [...train] },
          null as never,
        )
        const problem = { input, network, objective: objectiveOf(output) }
        const training = {
          batch_size: 8,
          max_steps: 10,
          optimizer: 'adam',
          grad_clip: 1,
          dropout: Number(process.env.DROP ?? 0.1),
          shuffle: true,
        } as const
        const initial = await network.initialise(Array.from({ length: K }, () => 0))
        const shapes = { frozen: new Map<string, number[]>(), trained: new Map<string, number[]>() }
        for (const p of network.parameters)
          (p.trained ? shapes.trained : shapes.frozen).set(p.name, initial.get(p.name)!.shape)
        const t0 = performance.now()
        const SC = Math.floor(8192 / T / K)
        const stepper: Stepper =
          kind === 'eager'
            ? new EagerStepper(problem, training)
            : new CompiledStepper(
                problem,
                training,
                { runs: K, trainExamples: 8, scoreExamples: SC, ...shapes },
                { xla: kind === 'xla' },
              )
        const t1 = performance.now()
        stepper.write('frozen', new Map([...initial].filter(([n]) => shapes.frozen.has(n))))
        stepper.write('weights', new Map([...initial].filter(([n]) => shapes.trained.has(n))))
        const zeros = new Map([...shapes.trained].map(([n, s]) => [n, tf.zeros(s)]))
        stepper.write('firstMoments', zeros)
        stepper.write('secondMoments', zeros)
        const t2 = performance.now()
        const x = tf.randomUniform([K, 8, T, P * P], 0, 1, 'float32', 5)
        const y = tf.tensor(
          Int32Array.from({ length: K * 8 }, (_, i) => i % 10),
          [K, 8, 1],
          'int32',
        )
        const times: number[] = []
        const losses: number[] = []
        for (let i = 1; i <= 12; i++) {
          const s = performance.now()
          const out = tf.tidy(() =>
            stepper.train({
              x,
              y,
              learningRate: tf.fill([K], 1e-4),
              seed: tf.fill([K], 0, 'int32'),
              step: tf.fill([K], i, 'int32'),
              active: K > 1 ? tf.cast(tf.ones([K]), 'bool') : null,
            }),
          )
          losses.push(out.dataSync()[0]!)
          out.dispose()
          times.push(performance.now() - s)
        }
        const xs = tf.randomUniform([K, SC, T, P * P], 0, 1, 'float32', 5)
        const ys = tf.zeros([K, SC, 1], 'int32')
        const sct: number[] = []
        for (let i = 0; i < 3; i++) {
          const s = performance.now()
          const o = stepper.score(xs, ys)
          o.dataSync()
          o.dispose()
          sct.push(performance.now() - s)
        }
        const rest = times.slice(2).sort((a, b) => a - b)
        process.stdout.write(
          `${label} K${K} ${kind} T${T}: trace ${(t1 - t0) | 0} write ${(t2 - t1) | 0} first ${times[0]! | 0} step/run ${(rest[5]! / K).toFixed(1)} ms; score first ${sct[0]! | 0} then ${sct[2]! | 0} ms for ${K * SC}; losses ${losses[0]!.toFixed(6)} ${losses[5]!.toFixed(5)} ${losses[11]!.toFixed(4)}\n`,
        )
        stepper.dispose()
        tf.dispose([...initial.values(), x, y, xs, ys, ...zeros.values()])
      }
}, 600000)
