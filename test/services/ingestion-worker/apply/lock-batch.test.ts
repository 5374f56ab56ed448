import { getEventListeners } from 'node:events'
import t from 'tap'
import { applyBatch } from '../../../../services/ingestion-worker/apply/apply.ts'
import { beginAttempt } from '../../../../services/ingestion-worker/receive/attempt.ts'
import { lockBatchLanes } from '../../../harness/lock.ts'
import { pipeline, type Pipeline } from '../../../harness/pipeline.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
const limits = { maxRows: 10, maxRowBytes: 1_000, maxDecodedBytes: 1_000, maxPriceUsd: 1_000_000 }

t.test('a process that applies many batches has one abort listener for each batch in flight, and none afterwards', async t => {
  const it = await pipeline(t)
  const shutdown = new AbortController()
  for (const key of ['one', 'two']) t.equal(await apply(it, key, shutdown.signal), 'applied')
  t.equal(getEventListeners(shutdown.signal, 'abort').length, 0)

  const lock = await lockBatchLanes(t, it.db)
  const waiting = apply(it, 'three', shutdown.signal)
  await lock.awaited()
  shutdown.abort(new Error('the process ends'))
  await t.rejects(waiting, { code: '57014' })
  t.equal(getEventListeners(shutdown.signal, 'abort').length, 0)
})

async function apply ({ db, store, submit }: Pipeline, key: string, signal: AbortSignal): Promise<string> {
  const sql = db.open('ingestion_worker')
  const manifest = await submit(csv, { key })
  const attempt = await beginAttempt(sql, manifest, 'test')
  return await applyBatch({ sql, store, limits, signal, onProgress: () => {} }, manifest, attempt!)
}
