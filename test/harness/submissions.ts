import type { Test } from 'tap'
import { openQueue } from '../../lib/batch/queue.ts'
import { openStore } from '../../lib/batch/store/store.ts'
import { countPrices } from './count-prices.ts'
import { sha256, type Call, type Result, type TestIngestionApi } from './ingestion-api.ts'
import type { Pipeline } from './pipeline.ts'
import { waitFor } from './wait.ts'
import { startWorker } from './worker.ts'

export type Sending = {
  /** Sends `POST /uploads`, the PUT, and a `POST /batches` that names the upload. */
  upload: (file: Buffer, overrides?: object, options?: Call & { query?: string }) => Promise<Result>
  /** Resolves with the view of a batch once its state is final. */
  untilFinal: (id: string) => Promise<Record<string, any>>
  /** Resolves with the number of prices of a batch that a reader sees. */
  visible: (id: string) => Promise<number>
}

/** Returns the client of an ingestion API with a worker behind it: submissions and their results. */
export function sendingTo (t: Test, api: TestIngestionApi): Sending {
  const { db, aws } = api
  const queues = { queue: openQueue(aws.sqs, aws.queueUrl), deadLetters: openQueue(aws.sqs, aws.deadLetterQueueUrl) }
  startWorker(t, { db, aws, store: openStore(aws.s3, aws.bucket), ...queues } as Pipeline)
  const json = { 'content-type': 'application/json' }
  return {
    async upload (file, overrides = {}, { query = '', headers = {}, ...options } = {}) {
      const body = JSON.stringify({ bytes: file.length, sha256: sha256(file), content_type: 'text/csv', ...overrides })
      const created = await api.call('/uploads', { method: 'POST', body, headers: json })
      const { 'content-length': _set, ...signed } = created.body.headers
      const put = await fetch(created.body.url, { method: 'PUT', body: new Uint8Array(file), headers: signed })
      if (!put.ok) throw new Error(`PUT responded with ${put.status}`)
      return await api.call(`/batches${query}`, { method: 'POST', body: JSON.stringify({ upload: created.body.upload }), headers: { ...json, ...headers }, ...options })
    },
    async untilFinal (id) {
      let body: Record<string, any> = {}
      await waitFor(async () => {
        body = (await api.call(`/batches/${id}`)).body
        return !['accepted', 'queued', 'processing'].includes(body.state)
      })
      return body
    },
    visible: id => countPrices(db.migrator, id),
  }
}
