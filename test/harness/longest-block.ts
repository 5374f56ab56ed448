/**
 * Resolves with what `work` gives and the longest turn of the event loop until then, in milliseconds of this thread's CPU time: how long
 * other requests would have waited, without what other work on the machine takes.
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
