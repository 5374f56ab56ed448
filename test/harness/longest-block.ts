/**
 * Resolves with the result of `work` and the longest time that it blocked the event loop, in milliseconds of this thread's CPU time. That is how
 * long other requests would have waited, without the other work on the machine.
 */
export async function longestBlock<T> (work: () => Promise<T>): Promise<{ result: T, blockedMs: number }> {
  let blockedMs = 0
  let last = cpuMs()
  let immediate: NodeJS.Immediate
  const look = (): void => {
    const now = cpuMs()
    blockedMs = Math.max(blockedMs, now - last)
    last = now
    immediate = setImmediate(look)
  }
  immediate = setImmediate(look)
  try {
    const result = await work()
    return { result, blockedMs }
  } finally {
    clearImmediate(immediate!)
  }
}

function cpuMs (): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
