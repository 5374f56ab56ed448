/** Settles as `work` does, or rejects with `late()` after `limitMs` milliseconds; the work itself goes on unseen. */
export async function withDeadline<T> (work: Promise<T>, limitMs: number, onTimeout: () => Error = createTimeoutError): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(onTimeout()), limitMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    work.catch(() => {})
  }
}

/** The error of a dependency that gives no answer, with the code that a dead link has. */
const createTimeoutError = (): Error => Object.assign(new Error('no response within the time limit'), { code: 'ETIMEDOUT' })
