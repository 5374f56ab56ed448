import { withDeadline } from '../../process/deadline.ts'
import type { Decision } from './decision.ts'
import type { Store } from './store.ts'

/** Longest time to store a decision, in milliseconds. The row of the batch is locked meanwhile, and its transaction ends after 60 s. */
const limitMs = 15_000

/**
 * Stores the decision unless the store already has a decision about the batch, and resolves to the stored decision. Rejects after `ms`
 * milliseconds or when `signal` is aborted, and then cancels the calls to the store. Otherwise a late write could decide the batch after the
 * transaction has released the row.
 */
export async function decideInTime (
  store: Store, decision: Decision, { signal, ms = limitMs }: { signal?: AbortSignal, ms?: number } = {}
): Promise<Decision> {
  const deadline = new AbortController()
  const deciding = store.decide(decision, signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal)
  try {
    return await withDeadline(deciding, ms)
  } finally {
    deadline.abort()
  }
}
