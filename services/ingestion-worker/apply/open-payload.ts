import type { Readable } from 'node:stream'
import type { Run } from './options.ts'
import { isWithdrawal } from '../../../lib/batch/batch.ts'
import { withdrawalId } from '../../../lib/batch/withdrawal.ts'
import { Decided, Withdrawn } from './outcome.ts'
import { currentRules, type CurrentRules } from './rules.ts'

/**
 * Opens the payload of a batch, and reads its decision, its withdrawal and the rules of its rows at the same time. Throws Decided if the store has a
 * decision, and Withdrawn if it has a withdrawal, even if the payload is missing. Otherwise throws the errors of the database and of the store.
 */
export async function openPayload ({ sql, store, manifest, limits, signal }: Run): Promise<{ rules: CurrentRules, payload: Readable }> {
  const [decision, withdrawal, rules, payload] = await Promise.allSettled([
    store.readDecision(manifest.id, signal), manifest.mode === 'apply' ? store.readManifest(withdrawalId(manifest)) : null, currentRules(sql, limits), store.openPayload(manifest.payload, signal),
  ])
  try {
    const decided = valueOf(decision)
    if (decided) throw new Decided(decided)
    const withdrawn = valueOf(withdrawal)
    if (withdrawn && isWithdrawal(withdrawn)) throw new Withdrawn(withdrawn)
    return { rules: valueOf(rules), payload: valueOf(payload) }
  } catch (error) {
    if (payload.status === 'fulfilled') payload.value.destroy()
    throw error
  }
}

function valueOf<T> (result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason
  return result.value
}
