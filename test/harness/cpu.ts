/** Returns the CPU time of this process in milliseconds. Other work on the machine does not count, unlike wall-clock time. */
export function cpuMs (): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
