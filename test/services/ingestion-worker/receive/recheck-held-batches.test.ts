// Only one worker at a time reads the held batches, however long a read takes.
import { PutObjectCommand } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { recheckHeldBatches, type RecheckOptions } from '../../../../services/ingestion-worker/receive/recheck-held-batches.ts'
import { removeObject } from '../../../harness/payloads.ts'
import { pipeline, silent, type Pipeline } from '../../../harness/pipeline.ts'
import { waitFor } from '../../../harness/wait.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'

t.test('while one worker reads, another does not, even after the initial duration of the lease', async t => {
  const { it, options, reads, resume } = await suspectBatch(t)
  const first = recheckHeldBatches(options)
  await waitFor(() => reads() === 1)
  const begun = await lease(it)
  await waitFor(async () => (await it.db.migrator`select 1 from unreadable_batches where ${begun}::timestamptz < now()`).length === 1)
  await t.rejects(recheckHeldBatches(options), { code: 'STORE_SUSPECT' })
  t.equal(reads(), 1)
  t.not(await lease(it), begun, 'the lease was renewed')
  resume()
  await first
  t.same(await it.db.migrator`select 1 from unreadable_batches`, [])
})

t.test('a worker that stops cancels its read and releases the lease; after a crash the lease expires', async t => {
  const { it, options, reads, resume } = await suspectBatch(t)
  const process = new AbortController()
  const first = recheckHeldBatches({ ...options, signal: process.signal })
  await waitFor(() => reads() === 1)
  process.abort(new Error('the process ends'))
  resume()
  await t.rejects(first)
  t.equal(await lease(it), null)
  await it.db.migrator`update unreadable_batches set leased_until = now() - interval '1 second'`
  await recheckHeldBatches(options)
  t.equal(reads(), 2)
  t.same(await it.db.migrator`select 1 from unreadable_batches`, [])
})

t.test('a batch whose decision is unreadable stays held until the decision is readable', async t => {
  const { it, options, resume } = await suspectBatch(t)
  resume()
  const [batch] = await it.db.migrator`select batch_id from unreadable_batches`
  const decision = { Bucket: it.aws.bucket, Key: `decisions/${batch!.batch_id}.json` }
  await it.aws.s3.send(new PutObjectCommand({ ...decision, Body: 'no decision' }))
  await t.rejects(recheckHeldBatches(options), { code: 'STORE_SUSPECT' })
  t.equal((await it.db.migrator`select 1 from unreadable_batches`).length, 1)
  await removeObject(it.aws, decision.Key)
  await recheckHeldBatches(options)
  t.same(await it.db.migrator`select 1 from unreadable_batches`, [])
})

/** Creates a held batch that is readable again. Its first read waits for `resume`. */
async function suspectBatch (t: Test): Promise<{ it: Pipeline, options: RecheckOptions, reads: () => number, resume: () => void }> {
  const it = await pipeline(t)
  const { id } = await it.submit(csv)
  await it.db.migrator`
    insert into unreadable_batches (batch_id, provider, reason, failed_at, held_since, checked_at)
    values (${id}, 'demo', 'X: y', now() - interval '1 minute', now() - interval '1 minute', now() - interval '1 minute')`
  let reads = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const store: Pipeline['store'] = {
    ...it.store,
    async openPayload (...args) {
      if (++reads === 1) await promise
      return await it.store.openPayload(...args)
    },
  }
  const options = {
    sql: it.db.open('ingestion_worker'), store, log: silent, maxDecodedBytes: 1_000, suspectSeconds: 600, recheckSeconds: 0, leaseSeconds: 3,
    signal: new AbortController().signal,
  }
  return { it, options, reads: () => reads, resume: resolve }
}

async function lease ({ db }: Pipeline): Promise<string | null> {
  const [row] = await db.migrator<Array<{ until: string | null }>>`select leased_until::text as until from unreadable_batches`
  return row!.until
}
