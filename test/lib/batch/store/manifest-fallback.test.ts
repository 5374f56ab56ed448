import t, { type Test } from 'tap'
import { actOn, type Action } from '../../../../lib/batch/dead-letters.ts'
import { openQueue } from '../../../../lib/batch/queue.ts'
import { openStore } from '../../../../lib/batch/store/store.ts'
import { header, ingestionApi, type Options, type TestIngestionApi } from '../../../harness/ingestion-api.ts'
import { uploaded } from '../../../harness/older-release.ts'
import { removeObject } from '../../../harness/payloads.ts'
import type { Pipeline } from '../../../harness/pipeline.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'

const content = `${header}CNGGZ,EETLL,2021-01-05,100\n`
const cut = '{"version":1,"id":'
const underKey = (key: string) => ({ headers: { 'idempotency-key': key } })

for (const [what, options] of [['without a key', {}], ['under a key', underKey('january')]] as const) {
  t.test(`the payload is missing, ${what}: a repeated request reports it; after the discard a new key applies the batch`, async t => {
    const { api, ended: untilState, act, visible } = await system(t)
    const { body: { id } } = await api.submit(content, options)
    await removeObject(api.aws, (await api.manifest(id)).payload.key)
    work(t, api)
    t.match(await untilState(id, 'dead_lettered'), { reason: /^NoSuch(Key|Version): /, advice: /Idempotency-Key/ })
    t.match(await replay(api, options), { id, state: 'dead_lettered', advice: /Idempotency-Key/ })
    await act(id, 'discard')
    t.match(await replay(api, options), { id, state: 'discarded', advice: /Idempotency-Key/ })
    const { body: again } = await api.submit(content, underKey('again'))
    t.match(await untilState(again.id, 'applied'), { advice: null })
    t.equal(await visible(), 1)
  })

  t.test(`the manifest is missing, ${what}: sent again and redriven, the batch is applied`, async t => {
    const { api, ended: untilState, act, visible } = await system(t)
    const { body: { id } } = await api.submit(content, options)
    await api.settled()
    await removeObject(api.aws, `batches/${id}.json`)
    work(t, api)
    await waitFor(async () => (await stateOf(api, id)) === 'dead_lettered')
    const again = await api.submit(content, options)
    t.match(again, { status: 202, body: { id } })
    await waitFor(async () => await api.queued() === 0)
    t.match(await untilState(id, 'dead_lettered'), { reason: /^NO_MANIFEST: /, advice: /operator/ })
    await act(id, 'redrive')
    await untilState(id, 'applied')
    t.equal(await visible(), 1)
  })

  t.test(`the manifest is truncated, ${what}: state from the row, nothing accepted; after the discard a new key applies the batch`, async t => {
    const { api, ended: untilState, act, visible } = await system(t)
    const { body: { id } } = await api.submit(content, options)
    await api.settled()
    await api.putObject(`batches/${id}.json`, cut)
    work(t, api)
    t.match(await untilState(id, 'dead_lettered'), { id, provider: 'demo', reason: /^INVALID_MANIFEST: /, advice: /Idempotency-Key/ })
    t.match(await replay(api, options), { id, state: 'dead_lettered', advice: /Idempotency-Key/ })
    t.match(await api.call(`/batches/${id}`, { as: 'other' }), { status: 404, body: { type: '/problems/unknown-batch' } })
    t.match(await api.call(`/batches/${id}/errors`), { status: 404, body: { type: '/problems/no-report' } })
    if ('headers' in options) t.match(await api.submit(content.replace('100', '200'), options), { status: 422, body: { type: '/problems/key-reused', id } })
    const upload = JSON.stringify({ upload: await uploaded(api, content, false) })
    if (!('headers' in options)) {
      t.match(await api.submit(upload, { headers: { 'content-type': 'application/json' } }), { status: 202, body: { id, state: 'dead_lettered' } })
    }
    t.strictSame(await api.objects('batches/'), [`batches/${id}.json`], 'no part of a row is written')
    t.equal(await api.queued(), 0)
    await waitFor(async () => (await api.objects('incoming/')).length === 2) // the payload and the upload: the payloads of the replays are deleted
    await act(id, 'discard')
    t.match(await replay(api, options), { id, state: 'discarded', advice: /Idempotency-Key/ })
    const { body: again } = await api.submit(content, underKey('again'))
    await untilState(again.id, 'applied')
    t.equal(await visible(), 1)
  })
}

t.test('the manifest is of a newer release: the batch is accepted and unfinished, and the same request is a replay', async t => {
  const { api } = await system(t)
  const options = underKey('january')
  const { body: { id } } = await api.submit(content, options)
  await api.settled()
  await api.putObject(`batches/${id}.json`, JSON.stringify({ ...await api.manifest(id), version: 4, digest: undefined }))
  t.match(await api.call(`/batches/${id}`), { status: 200, body: { id, provider: 'demo', state: 'queued' } })
  t.match(await replay(api, options), { id, state: 'queued' })
  t.match(await api.submit(content.replace('100', '200'), options), { status: 422, body: { type: '/problems/key-reused', id } })
  await api.db.migrator`delete from batches where id = ${id}`
  t.match(await api.call(`/batches/${id}`), { status: 503, body: { type: '/problems/store-unavailable' } })
})

t.test('the manifest is truncated and the batch has no row: 503, as while the store is unavailable', async t => {
  const { api } = await system(t)
  const { body: { id } } = await api.submit(content)
  await api.settled()
  await api.putObject(`batches/${id}.json`, cut)
  await api.db.migrator`delete from batches where id = ${id}`
  await refused(t, api, id)
})

t.test('the manifest is truncated and the database is unavailable: 503', async t => {
  const { api } = await system(t, { databaseUrl: 'postgres://nobody@127.0.0.1:1/none' })
  const { body: { id } } = await api.submit(content)
  await waitFor(async () => (await api.objects('pending/')).length === 0)
  await api.putObject(`batches/${id}.json`, cut)
  await refused(t, api, id)
})

async function refused (t: Test, api: TestIngestionApi, id: string): Promise<void> {
  for (const response of [await api.submit(content), await api.call(`/batches/${id}`)]) {
    t.match(response, { status: 503, body: { type: '/problems/store-unavailable' } })
  }
}

async function system (t: Test, options: Options = {}) {
  const api = await ingestionApi(t, options)
  async function untilState (id: string, state: string): Promise<Record<string, unknown>> {
    let body: Record<string, unknown> = {}
    await waitFor(async () => {
      body = (await api.call(`/batches/${id}`)).body
      return body.state === state
    })
    return body
  }
  const effects = { store: openStore(api.aws.s3, api.aws.bucket), queue: openQueue(api.aws.sqs, api.aws.queueUrl) }
  const act = (id: string, action: Action) => actOn(api.db.open('ingestion_api'), effects, id, action, { name: 'someone', reason: null })
  const visible = async (): Promise<number> => (await api.db.migrator`select 1 from all_prices`).length
  return { api, ended: untilState, act, visible }
}

function work (t: Test, { aws, db }: TestIngestionApi): void {
  const [store, queue, deadLetters] = [openStore(aws.s3, aws.bucket), openQueue(aws.sqs, aws.queueUrl), openQueue(aws.sqs, aws.deadLetterQueueUrl)]
  startWorker(t, { db, aws, store, queue, deadLetters } as Pipeline, { secondLookMs: 200 })
}

/** Resolves with the view that the same request gets. The response must be a replay. */
async function replay (api: TestIngestionApi, options: Parameters<TestIngestionApi['submit']>[1]): Promise<Record<string, unknown>> {
  const { status, headers, body } = await api.submit(content, options)
  return status === 202 && headers.get('idempotency-replayed') === 'true' ? body : { status, ...body }
}

const stateOf = async ({ db }: TestIngestionApi, id: string) => (await db.migrator`select state from batches where id = ${id}`)[0]?.state as string | undefined
