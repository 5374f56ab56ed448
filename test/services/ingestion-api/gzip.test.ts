import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { accept } from '../../../lib/batch/accept.ts'
import { batchId } from '../../../lib/batch/batch.ts'
import { openQueue } from '../../../lib/batch/queue.ts'
import { openStore } from '../../../lib/batch/store/store.ts'
import { header, ingestionApi, sha256 } from '../../harness/ingestion-api.ts'
import { sendingTo } from '../../harness/submissions.ts'

const caseFile = readFileSync(new URL('../../cases/clients/01-member-after-zeros.csv.gz', import.meta.url))
const rows = (from: number, count: number): string => Array.from({ length: count }, (_, index) => `CNGGZ,EETLL,2021-01-05,${from + index}\n`).join('')
const gzip = { 'content-encoding': 'gzip' }

t.test('gzip is applied completely or not at all', async t => {
  const api = await ingestionApi(t)
  const { upload, untilFinal, visible } = sendingTo(t, api)
  const [first, second] = [gzipSync(header + rows(1, 2)), gzipSync(rows(3, 2))]
  const zeros = Buffer.alloc(600)

  for (const [name, file] of [
    ['a member after a zero byte, as a client sent it', caseFile],
    ['a member after many zero bytes', Buffer.concat([first, zeros, second])],
    ['a member of 5 MiB, a zero, a member', Buffer.concat([gzipSync(header + rows(1, 200_000), { level: 0 }), Buffer.alloc(1), second])],
    ['text after a zero byte', Buffer.concat([first, Buffer.from('\0text')])],
  ] as const) {
    t.test(`${name}: refused`, async t => {
      t.match(await api.submit(file, { headers: gzip }), { status: 400, body: { type: '/problems/malformed-body' } })
      const { status, body } = await upload(file, { content_encoding: 'gzip' })
      t.equal(status, 202)
      t.match(await untilFinal(body.id), { state: 'rejected', error_count: 1, first_errors: [{ row: 0, code: 'not_gzip' }] })
      t.equal(await visible(body.id), 0)
    })
  }

  t.test('members, then zero bytes to the end: all rows', async t => {
    for (const [index, file] of [Buffer.concat([first, second]), Buffer.concat([first, second, zeros]), Buffer.concat([first, gzipSync(''), second, Buffer.alloc(1)])].entries()) {
      const sent = await api.submit(file, { headers: { ...gzip, 'idempotency-key': `direct-${index}` } })
      const uploaded = await upload(file, { content_encoding: 'gzip' }, { headers: { 'idempotency-key': `upload-${index}` } })
      for (const { status, body } of [sent, uploaded]) {
        t.equal(status, 202)
        t.match(await untilFinal(body.id), { state: 'applied', rows: 4 })
        t.equal(await visible(body.id), 4)
      }
    }
  })

  t.test('a file that an earlier release accepted in part is rejected', async t => {
    const store = openStore(api.aws.s3, api.aws.bucket)
    const file = Buffer.concat([first, Buffer.alloc(1), second])
    const [digest, decodedBytes] = [sha256(header + rows(1, 2)), header.length + rows(1, 2).length]
    const name = { kind: 'content' as const, value: digest }
    const id = batchId('demo', 'apply', name)
    const payload = await store.putStream('incoming/demo/earlier', Readable.from([file]), 'text/csv')
    await accept(store, openQueue(api.aws.sqs, api.aws.queueUrl), {
      version: 1, id, provider: 'demo', mode: 'apply', name, format: 'csv', encoding: 'gzip', digest, digestOf: 'content', bytes: file.length, decodedBytes,
      payload, acceptedAt: new Date().toISOString(),
    })
    t.match(await untilFinal(id), { state: 'rejected', first_errors: [{ row: 0, code: 'not_gzip' }] })
    t.equal(await visible(id), 0)
  })
})
