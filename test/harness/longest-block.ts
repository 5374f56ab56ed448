/**
 * Resolves with what `work` gives and the longest turn of the event loop until then, in milliseconds of this thread's CPU time: how long
 * other requests would have waited, without what other work on the machine takes.
 */
export async function longestTurn<T> (work: () => Promise<T>): Promise<{ result: T, turnMs: number }> {
  let turnMs = 0
  let last = cpuMs()
  let turn: NodeJS.Immediate
  const look = (): void => {
    const now = cpuMs()
    turnMs = Math.max(turnMs, now - last)
    last = now
    turn = setImmediate(look)
  }
  turn = setImmediate(look)
  try {
    const result = await work()
    return { result, turnMs }
  } finally {
    clearImmediate(turn!)
  }
}

function cpuMs (): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
