/** Settles as `work` does, or rejects with `late()` after `limitMs` milliseconds; the work itself goes on unseen. */
export async function withDeadline<T> (work: Promise<T>, limitMs: number, late: () => Error = noAnswer): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(late()), limitMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    work.catch(() => {})
  }
}

/** The error of a dependency that gives no answer, with the code that a dead link has. */
const noAnswer = (): Error => Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })
