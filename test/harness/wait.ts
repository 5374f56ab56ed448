import { setTimeout as pause } from 'node:timers/promises'
import { waitLimitMs } from './patience.ts'

/** Resolves when the condition holds. Throws, with the place of the caller, if the condition does not hold within `waitLimitMs`. */
export async function waitFor (holds: () => Promise<boolean> | boolean): Promise<void> {
  const late = new Error(`The condition did not hold within ${waitLimitMs} ms`)
  const deadline = performance.now() + waitLimitMs
  while (!await holds()) {
    if (performance.now() > deadline) throw late
    await pause(10)
  }
}

/** Resolves with the result of `work`. Throws `late()` if there is no result within `waitLimitMs`. */
export async function waitedFor<T> (work: Promise<T>, late: () => Error): Promise<T> {
  const over = new AbortController()
  const limit = pause(waitLimitMs, undefined, { signal: over.signal }).then(() => { throw late() })
  try {
    return await Promise.race([work, limit])
  } finally {
    over.abort()
    limit.catch(() => {})
  }
}
