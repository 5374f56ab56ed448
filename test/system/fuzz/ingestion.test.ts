import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { openQueue } from '../../../lib/batch/queue.ts'
import { openStore } from '../../../lib/batch/store/store.ts'
import { ingestionApi } from '../../harness/ingestion-api.ts'
import type { Pipeline } from '../../harness/pipeline.ts'
import { waitFor } from '../../harness/wait.ts'
import { startWorker } from '../../harness/worker.ts'
import { body, query, runs, text } from './inputs.ts'

t.test('for any request, the ingestion API responds below 500, and every batch is applied completely or not at all', async t => {
  const api = await ingestionApi(t, { limits: { batchesPerMinute: 1_000_000 } })
  const queues = { queue: openQueue(api.aws.sqs, api.aws.queueUrl), deadLetters: openQueue(api.aws.sqs, api.aws.deadLetterQueueUrl) }
  startWorker(t, { db: api.db, aws: api.aws, store: openStore(api.aws.s3, api.aws.bucket), ...queues } as Pipeline)
  const accepted = new Set<string>()
  const statuses: Record<number, number> = {}
  const record = (status: number, what: () => string): void => {
    statuses[status] = (statuses[status] ?? 0) + 1
    if (status >= 500) throw new Error(`${status} for ${what()}`)
  }
  const visible = fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: text.map(value => value.replace(/[^!-~]/g, '')) })
  const encodings = fc.constantFrom('identity', 'identity', 'gzip', 'gzip', 'gzip of no bytes', 'br')
  const flags = fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: query(['dry_run']) }, { weight: 1, arbitrary: fc.constant('dry_run=true') })

  await fc.assert(fc.asyncProperty(body, visible, encodings, flags, fc.constantFrom('demo', 'demo', 'demo', 'other', 'reader', null),
    async ({ type, content }, key, encoding, queryText, as) => {
      const sent = encoding === 'gzip' ? gzipSync(content) : content
      const headers: Record<string, string> = {
        'content-encoding': encoding.split(' ')[0]!, ...(type ? { 'content-type': type } : {}), ...(key === null ? {} : { 'idempotency-key': key }),
      }
      const response = await api.call(`/batches${queryText ? `?${queryText}` : ''}`, { method: 'POST', body: sent.length > 0 ? new Uint8Array(sent) : null, headers, as })
      record(response.status, () => `${JSON.stringify(headers)} ${sent.toString('base64')}`)
      if (response.status === 202) accepted.add(response.body.id)
    }), runs(0.15))
  await fc.assert(fc.asyncProperty(
    fc.constantFrom('/batches', '/batches/x', `/batches/${'a'.repeat(64)}`, `/batches/${'a'.repeat(64)}/errors`, '/dead-letters'), query(['state', 'limit', 'cursor', 'provider']),
    fc.constantFrom('demo', 'operator', 'sender', null), async (path, queryText, as) => {
      const { status } = await api.call(`${path}?${queryText}`, { as })
      record(status, () => `${path}?${queryText}`)
    }), runs(0.05))

  await waitFor(async () => {
    const [row] = await api.db.migrator`select count(*) as open from batches where state in ('queued', 'processing')`
    return row!.open === 0
  })
  const wrong = await api.db.migrator`
    with visible as (select batch_number as number, count(*) as prices from all_prices group by batch_number)
    select id, state, row_count, prices from batches left join visible using (number)
    where coalesce(prices, 0) <> (case when state = 'applied' then row_count else 0 end) or state not in ('applied', 'validated', 'rejected')`
  t.same(wrong, [])
  const [finished] = await api.db.migrator`select count(*) as count from batches where id = any (${[...accepted]})`
  t.equal(finished!.count, accepted.size, 'none is lost')
  t.comment(JSON.stringify({ statuses, accepted: accepted.size }))
})
