/**
 * Philox 4x32-10, a counter-based generator (Salmon et al. 2011), keyed as TensorFlow's StatelessRandomUniform and
 * StatelessRandomNormal key it: the same seed gives the same numbers on every engine, up to the last bits of log,
 * sin and cos.
 */

const ROUNDS = 10
const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1 = 0xcd9e8d57
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85
const SCRAMBLE_0 = 0x3ec8f720
const SCRAMBLE_1 = 0x02461e29

type Words = [number, number, number, number]

/** Uniform numbers in [0, 1), 23 bits each. `seed` holds two int32. */
export function philoxUniform(count: number, seed: ArrayLike<number>): Float32Array {
  const out = new Float32Array(count)
  eachBlock(count, seed, (words, start) => {
    for (let i = 0; i < 4 && start + i < count; i++) out[start + i] = toUnit(words[i] as number)
  })
  return out
}

/** Standard normal numbers by Box and Muller, two from two. `seed` holds two int32. */
export function philoxNormal(count: number, seed: ArrayLike<number>): Float32Array {
  const out = new Float32Array(count)
  eachBlock(count, seed, (words, start) => {
    for (let i = 0; i < 4; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(Math.max(toUnit(words[i] as number), 1e-7)))
      const angle = 2 * Math.PI * toUnit(words[i + 1] as number)
      if (start + i < count) out[start + i] = radius * Math.sin(angle)
      if (start + i + 1 < count) out[start + i + 1] = radius * Math.cos(angle)
    }
  })
  return out
}

const toUnit = (word: number): number => (word & 0x7fffff) / 0x800000

function eachBlock(count: number, seed: ArrayLike<number>, use: (words: Words, start: number) => void): void {
  // As TensorFlow does: the seed (two int64, here sign-extended int32) is scrambled through one block.
  const [a, b] = [seed[0] ?? 0, seed[1] ?? 0]
  const high = (word: number): number => (word < 0 ? 0xffffffff : 0)
  const mix = philox([a >>> 0, high(a), b >>> 0, high(b)], SCRAMBLE_0, SCRAMBLE_1)
  for (let start = 0; start < count; start += 4) {
    use(philox([start / 4, 0, mix[2], mix[3]], mix[0], mix[1]), start)
  }
}

function philox(counter: Words, key0: number, key1: number): Words {
  let [c0, c1, c2, c3] = counter
  for (let round = 0; round < ROUNDS; round++) {
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0
    const next0 = (highProduct(MULTIPLIER_1, c2) ^ c1 ^ key0) >>> 0
    const next2 = (highProduct(MULTIPLIER_0, c0) ^ c3 ^ key1) >>> 0
    c0 = next0
    c1 = low1
    c2 = next2
    c3 = low0
    key0 = (key0 + WEYL_0) >>> 0
    key1 = (key1 + WEYL_1) >>> 0
  }
  return [c0, c1, c2, c3]
}

/** Upper 32 bits of the 64-bit product of two uint32. */
function highProduct(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const carry = aLow * bHigh + (middle % 0x10000)
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0
}
