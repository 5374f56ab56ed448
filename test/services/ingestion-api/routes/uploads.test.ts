import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { batchId } from '../../../../lib/batch/batch.ts'
import { openQueue } from '../../../../lib/batch/queue.ts'
import { openStore } from '../../../../lib/batch/store/store.ts'
import { header, ingestionApi, type Result, type TestIngestionApi } from '../../../harness/ingestion-api.ts'
import type { Pipeline } from '../../../harness/pipeline.ts'
import { testSystem } from '../../../harness/system.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'

const csv = `${header}CNGGZ,EETLL,2021-01-05,100\nCNGGZ,EETLL,2021-01-05,101\n`
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
const asJson = (body: object) => ({ method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

type Put = { upload: string, url: string, headers: Record<string, string>, method: string }
const createUpload = async (api: TestIngestionApi, content: string | Buffer, more: object = {}): Promise<Put> =>
  (await api.call('/uploads', asJson({ bytes: content.length, sha256: sha256(content), content_type: 'text/csv', ...more }))).body
const put = ({ url, headers }: Put, body: string | Buffer): Promise<Response> => {
  const { 'content-length': _length, ...others } = headers // fetch sets this header
  return fetch(url, { method: 'PUT', body, headers: others })
}
const name = (api: TestIngestionApi, upload: string, more: Parameters<TestIngestionApi['call']>[1] = {}): Promise<Result> => {
  const { headers, ...call } = asJson({ upload })
  return api.call('/batches', { ...call, ...more, headers: { ...headers, ...more.headers } })
}

t.test('uploads', async t => {
  const api = await ingestionApi(t, { maxReceives: 1 })
  worker(t, api)
  const untilFinal = async (id: string): Promise<Record<string, any>> => {
    let body: Record<string, any> = {}
    await waitFor(async () => {
      body = (await api.call(`/batches/${id}`)).body
      return !['queued', 'processing'].includes(body.state)
    })
    return body
  }

  t.test('a file is uploaded to the store, and its name becomes a batch', async t => {
    const created = await createUpload(api, csv)
    const { searchParams, pathname } = new URL(created.url)
    t.match(pathname, `/incoming/demo/${created.upload}`)
    t.equal(searchParams.get('X-Amz-SignedHeaders'), 'content-length;host;if-none-match;x-amz-checksum-sha256')
    t.equal(searchParams.get('X-Amz-Expires'), '900')
    t.match(created, { method: 'PUT', headers: { 'content-length': String(csv.length), 'if-none-match': '*' } })
    t.match(await name(api, created.upload), { status: 409, body: { type: '/problems/upload-incomplete' } })
    t.equal((await put(created, csv)).status, 200)
    const { status, headers, body } = await name(api, created.upload)
    t.match({ status, body }, { status: 202, body: { state: 'queued', digest: sha256(csv), bytes: csv.length, decoded_bytes: null } })
    t.equal(headers.get('location'), `/batches/${body.id}`)
    t.match(await untilFinal(body.id), { state: 'applied', rows: 2 })
    t.match(await name(api, created.upload), { status: 202, body: { id: body.id, state: 'applied' } }, 'again: the same batch')
    t.match(await name(api, created.upload, { headers: { 'idempotency-key': 'other' } }), { status: 202 }, 'with a key it is another batch')
  })

  t.test('gzip', async t => {
    const file = gzipSync(csv.replace('101', '102'))
    const created = await createUpload(api, file, { content_encoding: 'gzip' })
    await put(created, file)
    t.match(await untilFinal((await name(api, created.upload)).body.id), { state: 'applied', rows: 2 })
  })

  t.test('the same file uploaded twice, then sent as a body: one batch', async t => {
    const file = readFileSync(join(import.meta.dirname, '../../../cases/clients/03-sent-twice.csv'))
    const before = (await api.db.migrator`select 1 from all_prices`).length
    const ids = new Set<string>()
    for (let times = 0; times < 2; times++) {
      const created = await createUpload(api, file)
      await put(created, file)
      ids.add((await name(api, created.upload)).body.id)
    }
    ids.add((await api.submit(file)).body.id)
    ids.add((await api.submit(gzipSync(file), { headers: { 'content-encoding': 'gzip' } })).body.id)
    t.equal(ids.size, 1)
    const [id] = [...ids]
    t.equal(id, batchId('demo', 'apply', { kind: 'content', value: sha256(file) }))
    t.match(await untilFinal(id!), { state: 'applied', rows: 1, digest: sha256(file) })

    const zipped = gzipSync(file)
    const created = await createUpload(api, zipped, { content_encoding: 'gzip' })
    await put(created, zipped)
    const duplicate = (await name(api, created.upload)).body.id
    t.match(await untilFinal(duplicate), { state: 'rejected', error_count: 1, first_errors: [{ row: 0, code: 'duplicate', value: id }] })
    t.match((await api.call(`/batches/${duplicate}/errors`, { headers: { accept: 'application/x-ndjson' } })).text, /"code":"duplicate"/)
    t.equal((await api.db.migrator`select 1 from all_prices`).length, before + 1)
  })

  t.test('a file that is as announced and cannot be decoded is rejected', async t => {
    const file = gzipSync(csv).subarray(0, 40)
    const created = await createUpload(api, file, { content_encoding: 'gzip' })
    await put(created, file)
    t.match(await untilFinal((await name(api, created.upload)).body.id), { state: 'rejected', first_errors: [{ row: 0, code: 'not_gzip' }] })
  })

  t.test('a file that differs from its announcement becomes a dead letter, not a rejection', async t => {
    const announced = csv.replace('101', '103')
    const created = await createUpload(api, announced)
    await api.putObject(`incoming/demo/${created.upload}`, announced.replace('100', '1x0'))
    t.match(await untilFinal((await name(api, created.upload)).body.id), { state: 'dead_lettered', reason: /^DIGEST_MISMATCH/ })
  })

  t.test('an upload of another file type becomes a dead letter too: its first bytes stop the row reader, and its digest is checked', async t => {
    const announced = csv.replace('101', '105')
    const created = await createUpload(api, announced)
    await api.putObject(`incoming/demo/${created.upload}`, announced.replace('orig', 'PK\x03\x04'))
    t.match(await untilFinal((await name(api, created.upload)).body.id), { state: 'dead_lettered', reason: /^DIGEST_MISMATCH/ })
  })

  t.test('bytes with another digest: refused by a store that verifies them, a dead letter with a store that does not', async t => {
    const announced = csv.replace('101', '104')
    const created = await createUpload(api, announced)
    const { ok } = await put(created, announced.replace('100', '1x0'))
    t.equal(ok, !testSystem().verifiesUploads)
    const named = await name(api, created.upload)
    if (ok) t.match(await untilFinal(named.body.id), { state: 'dead_lettered', reason: /^DIGEST_MISMATCH/ })
    else t.match(named, { status: 409, body: { type: '/problems/upload-incomplete' } })
  })

  t.test('another provider cannot use the upload', async t => {
    const created = await createUpload(api, csv)
    await put(created, csv)
    t.match(await name(api, created.upload, { as: 'other' }), { status: 404, body: { type: '/problems/unknown-upload' } })
  })

  t.test('a file of another length counts as not uploaded', async t => {
    const created = await createUpload(api, csv)
    await put(created, `${csv} `)
    t.match(await name(api, created.upload), { status: 409 })
  })

  t.test('wrong requests', async t => {
    for (const [body, parameters] of [
      [{}, ['bytes', 'sha256', 'content_type']],
      [{ bytes: 0, sha256: 'x', content_type: 'text/html', more: 1 }, ['more', 'bytes', 'sha256', 'content_type']],
      [{ bytes: 5 * 1024 ** 3 + 1, sha256: sha256(''), content_type: 'text/csv' }, ['bytes']],
    ] as const) {
      const { status, body: { errors } } = await api.call('/uploads', asJson(body))
      t.equal(status, 400)
      t.same(errors.map(({ parameter }: { parameter: string }) => parameter), parameters)
    }
    t.equal((await api.call('/uploads', { ...asJson({}), as: 'reader' })).status, 403)
    for (const command of ['{"upload":"nonsense"}', '{"upload":', '{"orig_code":"CNGGZ"}', `{"upload":"${'x'.repeat(5_000)}"}`]) {
      t.match(await api.submit(command, { headers: { 'content-type': 'application/json' } }), { status: 400, body: { type: '/problems/malformed-body' } })
    }
    t.equal((await name(api, '00000000-0000-4000-8000-000000000000')).status, 404)
    const blanks = ' '.repeat(10_000)
    t.equal((await api.submit(`${blanks}[{"orig_code":"CNGGZ","dest_code":"EETLL","day":"2021-01-05","price":1}]`,
      { headers: { 'content-type': 'application/json' } })).status, 202, 'an array is parsed as prices, wherever it begins')
  })
})

function worker (t: Parameters<typeof startWorker>[0], { db, aws }: TestIngestionApi): void {
  const queues = { queue: openQueue(aws.sqs, aws.queueUrl), deadLetters: openQueue(aws.sqs, aws.deadLetterQueueUrl) }
  startWorker(t, { db, aws, store: openStore(aws.s3, aws.bucket), ...queues } as Pipeline)
}
