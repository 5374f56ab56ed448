import { isWithdrawal } from '../../../lib/batch/batch.ts'
import { expiryOf } from '../../../lib/batch/store/payload-expiry.ts'
import type { PayloadState } from '../../../lib/batch/store/store.ts'
import { reasonOf } from '../../../lib/process/failures.ts'
import type { System } from '../system.ts'

export type ShownPayload = {
  /** `none` for a withdrawal. `unknown` if the store or the manifest, which names the payload, cannot be read: `reason` has the error. */
  state: PayloadState | 'none' | 'unknown'
  reason?: string
  /** When the lifecycle of the bucket deletes the payload; null if it deletes none. ISO 8601. */
  expires_at: string | null
  /** Name of the file, if it was sent in a form. */
  file_name?: string
}

/** Returns whether the store has the payload of a batch, and until when. */
export async function payloadOf (system: System, id: string): Promise<ShownPayload> {
  try {
    const [store, keepDays] = [await system.store(), system.payloadKeepDays()]
    const manifest = await store.readManifest(id)
    if (!manifest) return { state: 'unknown', reason: 'NO_MANIFEST', expires_at: null }
    if (isWithdrawal(manifest)) return { state: 'none', expires_at: null }
    const { payload, payloadStoredAt, acceptedAt, fileName } = manifest
    return {
      state: await store.payloadState(payload), expires_at: expiryOf(payloadStoredAt ?? acceptedAt, keepDays),
      ...(fileName === undefined ? {} : { file_name: fileName }),
    }
  } catch (error) {
    return { state: 'unknown', reason: reasonOf(error), expires_at: null }
  }
}
