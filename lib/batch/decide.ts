import { withDeadline } from '../process/deadline.ts'
import type { Decision } from './store/decision.ts'
import type { Store } from './store/store.ts'

/** Longest time to store a decision, in milliseconds: the row of the batch is locked meanwhile, and its transaction ends after 60 s. */
const limitMs = 15_000

/**
 * Stores the decision unless there is one, and returns the one that holds. Rejects when the time is over or `signal` is aborted. The calls to
 * the store end then too: once the transaction has released the row, no late write may decide the batch.
 */
export async function decideInTime (
  store: Store, decision: Decision, { signal, ms = limitMs }: { signal?: AbortSignal, ms?: number } = {}
): Promise<Decision> {
  const late = new AbortController()
  const deciding = store.decide(decision, signal ? AbortSignal.any([signal, late.signal]) : late.signal)
  try {
    return await withDeadline(deciding, ms)
  } finally {
    late.abort()
  }
}
