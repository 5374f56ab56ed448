import type { Readable } from 'node:stream'
import type { Manifest } from '../../../lib/batch/batch.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import { Decided } from './outcome.ts'

/**
 * Opens the payload of a batch, and reads its decision at the same time. Throws Decided if the store has a decision, even if the payload
 * is missing. Otherwise throws the errors of the store.
 */
export async function openPayload (store: Store, manifest: Manifest, signal: AbortSignal): Promise<Readable> {
  const [decision, payload] = await Promise.allSettled([store.readDecision(manifest.id, signal), store.openPayload(manifest.payload, signal)])
  if (decision.status === 'fulfilled' && decision.value === null) {
    if (payload.status === 'rejected') throw payload.reason
    return payload.value
  }
  if (payload.status === 'fulfilled') payload.value.destroy()
  throw decision.status === 'rejected' ? decision.reason : new Decided(decision.value!)
}
