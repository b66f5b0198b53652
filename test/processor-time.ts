/** Milliseconds of processor time of this process so far: other tests run at the same time. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
