/** Settles with `work`, or rejects with `onTimeout()` after `limitMs` ms. A late result of `work` is ignored. */
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

/** Creates the error of a dependency that does not respond. Its code is that of a dead connection. */
const createTimeoutError = (): Error => Object.assign(new Error('no response within the time limit'), { code: 'ETIMEDOUT' })
