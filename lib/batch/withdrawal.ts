import { batchId, type AnyManifest, type Withdrawal } from './batch.ts'
import type { Actor } from './actor.ts'

/** Returns the id of the withdrawal of a batch. A batch has one withdrawal: a repeated request finds it. */
export const withdrawalId = ({ provider, id }: Pick<AnyManifest, 'provider' | 'id'>): string =>
  batchId(provider, 'withdraw', { kind: 'target', value: id })

/** Creates the manifest of the withdrawal of a batch. */
export function createWithdrawal (target: Pick<AnyManifest, 'provider' | 'id'>, actor: Actor, traceparent?: string): Withdrawal {
  const { provider, id } = target
  return {
    version: 2, id: withdrawalId(target), provider, mode: 'withdraw', name: { kind: 'target', value: id }, target: id, actor,
    acceptedAt: new Date().toISOString(), ...(traceparent === undefined ? {} : { traceparent }),
  }
}
