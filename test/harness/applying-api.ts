import type { Test } from 'tap'
import { openQueue } from '../../lib/batch/queue.ts'
import { openStore } from '../../lib/batch/store/store.ts'
import type { AnyManifest } from '../../lib/batch/batch.ts'
import type { GuardOptions } from '../../services/ingestion-worker/apply/guard/outliers.ts'
import { applier } from './corrections.ts'
import { ingestionApi, type Options } from './ingestion-api.ts'
import type { Pipeline } from './pipeline.ts'

/** Starts the ingestion API, and functions that apply its batches and withdrawals at once. */
export async function applyingApi (t: Test, guard?: GuardOptions, options?: Options) {
  const api = await ingestionApi(t, options)
  const store = openStore(api.aws.s3, api.aws.bucket)
  const worker = applier({ db: api.db, store, queue: openQueue(api.aws.sqs, api.aws.queueUrl) } as Pipeline, guard)
  const manifestOf = async (id: string): Promise<AnyManifest> => (await store.readManifest(id))!
  let sent = 0

  /** Sends a batch under a new key and delivers it. Returns its id. */
  async function send (csv: string, query = '', headers: Record<string, string> = {}): Promise<string> {
    const response = await api.submit(csv, { path: `/batches${query}`, headers: { 'idempotency-key': `batch-${++sent}`, ...headers } })
    t.equal(response.status, 202, response.text)
    await worker.deliver(await manifestOf(response.body.id))
    return response.body.id
  }

  /** Withdraws a batch, and delivers the withdrawal. */
  async function withdraw (id: string): Promise<void> {
    const [manifest] = [await store.readManifest(id)]
    t.equal(await worker.deliver(await worker.withdrawal(manifest as never)), 'withdrawn')
  }

  return { ...api, store, worker, send, withdraw }
}
