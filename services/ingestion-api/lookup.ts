import type { Sql } from 'postgres'
import { adviceFor } from '../../lib/batch/advice.ts'
import { isWithdrawal, type Manifest } from '../../lib/batch/batch.ts'
import { readRecord } from '../../lib/batch/records.ts'
import type { Store } from '../../lib/batch/store/store.ts'
import { withDeadline } from '../../lib/process/deadline.ts'
import type { Log } from '../../lib/process/log.ts'
import { Problem } from '../../lib/http/problem.ts'
import { retryRead } from '../../lib/postgres/retry-read.ts'
import { fileNameOf, viewOfManifest, viewOfRecord, type BatchView } from './view.ts'

/** Maximum time of a database query, in ms. Then the response is built from the manifest. */
export const databaseTimeoutMs = 3_000

/** Returns the current state of a batch whose manifest is known. */
export async function readBatchView (sql: Sql, log: Log, manifest: Manifest): Promise<BatchView> {
  try {
    const record = await withDeadline(retryRead(() => readRecord(sql, manifest.id)), databaseTimeoutMs)
    return record ? { ...viewOfRecord(record), ...fileNameOf(manifest), advice: adviceFor(manifest.name, record) } : viewOfManifest(manifest, 'queued')
  } catch (error) {
    log.warn({ err: error, batchId: manifest.id }, 'database unavailable: serving batch status from the manifest')
    return viewOfManifest(manifest, 'accepted')
  }
}

/** Returns the manifest of one of the provider's batches. Throws `unknown-batch`, also for a batch of another provider. */
export async function ownManifest (store: Store, provider: string, id: string): Promise<Manifest> {
  let manifest
  try {
    const found = /^[0-9a-f]{64}$/.test(id) ? await store.readManifest(id) : null
    manifest = found && !isWithdrawal(found) ? found : null
  } catch (cause) {
    throw new Problem('store-unavailable', 'The batch cannot be looked up; try again', { cause })
  }
  if (manifest?.provider !== provider) throw new Problem('unknown-batch', `You have no batch ${id.slice(0, 100)}`)
  return manifest
}
