/** Number of ways to choose k of n. */
export function choose(n: number, k: number): number {
  if (k < 0 || k > n) return 0
  let ways = 1
  for (let i = 1; i <= Math.min(k, n - k); i++) ways = (ways * (n - i + 1)) / i
  return Math.round(ways)
}

/** Every k-subset of 0 … n − 1, each rising, in lexical order. One array is reused: copy what must outlive the step. */
export function* subsets(n: number, k: number): Generator<readonly number[]> {
  const chosen = Array.from({ length: k }, (_, i) => i)
  if (k > n) return
  for (;;) {
    yield chosen
    let i = k - 1
    while (i >= 0 && chosen[i] === n - k + i) i--
    if (i < 0) return
    chosen[i] = (chosen[i] ?? 0) + 1
    for (let j = i + 1; j < k; j++) chosen[j] = (chosen[j - 1] ?? 0) + 1
  }
}

/**
 * For each of n ranked items (worst first), the chance that it is the best of k drawn without replacement:
 * C(i−1, k−1) / C(n, k) for the i-th. Σ weight · value is the unbiased expected best (Tang et al. 2020).
 */
export function bestOfWeights(n: number, k: number): number[] {
  const weights = Array.from({ length: n }, () => 0)
  if (k < 1 || k > n) return weights
  // Downwards from the best, which is drawn with chance k/n; the ratio of neighbours avoids huge binomials.
  let weight = k / n
  for (let i = n; i >= k; i--) {
    weights[i - 1] = weight
    weight *= (i - k) / (i - 1)
  }
  return weights
}
