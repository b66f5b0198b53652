/** "91.2 ± 0.4" of a field of runs: an error has no more digits than its mean, a count none behind the point. */
export function sayEstimate(
  { mean, sem }: { readonly mean: number | null; readonly sem: number | null },
  field: string,
): string {
  if (mean === null) return 'not finite'
  const scale = field.includes('accuracy') ? 100 : 1
  const decimals = field.includes('accuracy') ? 1 : field.includes('loss') ? lossDecimals(mean) : 0
  const said = (value: number): string =>
    (scale * value).toLocaleString('en-US', {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    })
  return sem === null ? said(mean) : `${said(mean)} ± ${said(sem)}`
}

/** Four significant digits, at least three behind the point. */
const lossDecimals = (mean: number): number =>
  mean === 0 ? 3 : Math.min(8, Math.max(3, 3 - Math.floor(Math.log10(Math.abs(mean)))))
