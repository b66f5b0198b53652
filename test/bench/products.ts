import { cpus } from 'node:os'
import { performance } from 'node:perf_hooks'
import { markdownTable } from 'markdown-table'
import { loadEngine, tf, type Tensor, type Tensor2D } from '../../src-main/engine'

/**
 * How fast oneDNN multiplies by a feed-forward matrix whose wide or whose narrow side comes last, for `isBestTransposed`:
 * `TF_NUM_INTRAOP_THREADS=1 npm run bench:products`, on an idle machine. Eight examples of 49 tokens by a matrix from the
 * width to four times it, forward, to the input's gradient and to the matrix's.
 */
const ROWS = 8 * 49
const WIDTHS = [128, 384, 512, 768, 1024, 1280, 1600]
const REPEATS = 12

await loadEngine('tensorflow')
console.log(
  `${cpus()[0]?.model.trim()}, ${process.env.TF_NUM_INTRAOP_THREADS ?? cpus().length} threads; GFLOPS\n`,
)
const head = ['matrix', 'wide last: forward', 'input', 'matrix', 'narrow last: forward', 'input', 'matrix']
console.log(markdownTable([head, ...WIDTHS.map(speeds)], { align: head.map(() => 'r') }))

function speeds(width: number): string[] {
  const wide = 4 * width
  const drawn = (rows: number, columns: number): Tensor2D => tf.randomNormal([rows, columns])
  const [x, dy, wideLast, narrowLast] = [
    drawn(ROWS, width),
    drawn(ROWS, wide),
    drawn(width, wide),
    drawn(wide, width),
  ]
  const products = [
    () => tf.matMul(x, wideLast),
    () => tf.matMul(dy, wideLast, false, true),
    () => tf.matMul(x, dy, true),
    () => tf.matMul(x, narrowLast, false, true),
    () => tf.matMul(dy, narrowLast),
    () => tf.matMul(dy, x, true),
  ]
  const speeds = products.map((product) => (2 * ROWS * width * wide) / quartileMs(product) / 1e6)
  tf.dispose([x, dy, wideLast, narrowLast])
  return [`${width} to ${wide}`, ...speeds.map((speed) => speed.toFixed(0))]
}

/** The time that a quarter of the repeats kept below: what disturbs only lengthens. */
function quartileMs(product: () => Tensor): number {
  tf.dispose(product())
  const times = Array.from({ length: REPEATS }, () => {
    const started = performance.now()
    tf.dispose(product())
    return performance.now() - started
  })
  return times.sort((a, b) => a - b)[REPEATS / 4] ?? NaN
}
