import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { gzipSync } from 'node:zlib'
import { batchId } from '../../../lib/batch/batch.ts'
import { header, ingestionApi, sha256, type Result } from '../../harness/ingestion-api.ts'
import { head, rawRequest } from '../../harness/raw-http.ts'
import { waitFor } from '../../harness/wait.ts'

let count = 0
/** Returns content that no other test sends. */
const fresh = (): string => `${header}CNGGZ,EETLL,2021-01-05,${++count}\n`

t.test('which batch a request names', async t => {
  const api = await ingestionApi(t)
  const send = (content: string | Buffer, key?: string, options: Parameters<typeof api.submit>[1] = {}): Promise<Result> =>
    api.submit(content, { ...options, headers: { ...(key === undefined ? {} : { 'idempotency-key': key }), ...options.headers } })
  const messagesOf = async (id: string): Promise<number> => (await api.messages()).filter(message => message.id === id).length
  /** Resolves when every payload in the store belongs to a manifest. */
  const noExtraPayload = (): Promise<void> => waitFor(async () => (await api.objects('incoming/')).length === (await api.objects('batches/')).length)

  t.test('the same content is the same batch, however it is compressed, and the response has its present state', async t => {
    const content = fresh()
    const first = await send(content)
    const again = await send(content)
    const zipped = await send(gzipSync(content), undefined, { headers: { 'content-encoding': 'gzip' } })
    t.strictSame([first.status, again.status, zipped.status], [202, 202, 202])
    t.strictSame(again.body, first.body)
    t.strictSame(zipped.body, first.body)
    t.equal(await messagesOf(first.body.id), 1)
    await noExtraPayload()
    t.equal((await api.payload(await api.manifest(first.body.id))).toString(), content)

    await api.settled()
    await api.db.migrator`update batches set state = 'applied', row_count = 1, finished_at = now() where id = ${first.body.id}`
    t.match((await send(content)).body, { id: first.body.id, state: 'applied', rows: 1, finished_at: String })
    t.equal(await messagesOf(first.body.id), 1)
  })

  t.test('a key names a batch; other content under the key is refused and the first batch remains', async t => {
    const content = fresh()
    const first = await send(content, 'january')
    t.equal(first.body.id, batchId('demo', 'apply', { kind: 'key', value: 'january' }))
    t.strictSame((await send(content, 'january')).body, first.body)
    const other = await send(fresh(), 'january')
    t.match(other, { status: 422, body: { type: '/problems/key-reused', id: first.body.id } })
    t.equal((await api.manifest(first.body.id)).digest, sha256(content))
    t.equal(await messagesOf(first.body.id), 1)
    await noExtraPayload()
  })

  t.test('the same content in another format is another batch without a key, and is refused with one', async t => {
    const content = readFileSync(join(import.meta.dirname, '../../cases/clients/04-rows.ndjson'))
    const as = (type: string, key?: string): Promise<Result> => send(content, key, { headers: { 'content-type': type } })
    const csv = await as('text/csv')
    t.equal(csv.body.id, batchId('demo', 'apply', { kind: 'content', value: sha256(content) }), 'the first has the id that older releases compute')
    const ndjson = await as('application/x-ndjson')
    t.match(ndjson, { status: 202, body: { format: 'ndjson', state: 'queued' } })
    t.not(ndjson.body.id, csv.body.id)
    t.equal(ndjson.headers.get('location'), `/batches/${ndjson.body.id}`)
    for (const [type, { body: { id } }] of [['text/csv', csv], ['application/x-ndjson', ndjson]] as const) {
      t.match(await as(type), { status: 202, body: { id } })
      t.match((await api.submit(gzipSync(content), { headers: { 'content-type': type, 'content-encoding': 'gzip' } })).body, { id })
      t.equal(await messagesOf(id), 1)
    }
    const keyed = await as('text/csv', 'typed')
    const refused = await as('application/x-ndjson', 'typed')
    t.match(refused, { status: 422, body: { type: '/problems/key-reused', id: keyed.body.id, detail: /text\/csv.*application\/x-ndjson/ } })
    t.match(await as('text/csv', 'typed'), { status: 202, body: { id: keyed.body.id } })
    await api.settled()
    await noExtraPayload()
  })

  t.test('the same content in three formats, many times at once: three batches', async t => {
    const content = fresh()
    const types = ['text/csv', 'application/x-ndjson', 'application/json']
    const array = `[${' '.repeat(10)}${content}` // a body that begins with an array is not a command
    const responses = await Promise.all(Array.from({ length: 30 }, (_, index) => send(array, undefined, { headers: { 'content-type': types[index % 3]! } })))
    t.strictSame(responses.map(({ status }) => status), responses.map(() => 202))
    for (const [index, type] of types.entries()) {
      const mine = responses.filter((_, number) => number % 3 === index)
      t.strictSame([...new Set(mine.map(({ body }) => body.format))], [{ 'text/csv': 'csv', 'application/x-ndjson': 'ndjson' }[type] ?? 'json'])
    }
    const ids = new Set(responses.map(({ body }) => body.id))
    t.equal(ids.size, 3)
    for (const id of ids) t.equal(await messagesOf(id as string), 1)
    await api.settled()
    await noExtraPayload()
  })

  t.test('other names, other batches', async t => {
    const content = fresh()
    const sent = [
      await send(content),
      await send(content, 'february'),
      await send(content, sha256(content)), // a key that looks like a digest is still a key
      await send(content, undefined, { as: 'other' }),
      await send(content, 'february', { as: 'other' }),
      await send(content, undefined, { path: '/batches?dry_run=true' }),
      await send(content, 'february', { path: '/batches?dry_run=true' }),
    ]
    t.strictSame(sent.map(({ status }) => status), sent.map(() => 202))
    t.equal(new Set(sent.map(({ body }) => body.id)).size, sent.length)
    t.strictSame(sent.map(({ body }) => body.mode), ['apply', 'apply', 'apply', 'apply', 'apply', 'dry_run', 'dry_run'])
    t.strictSame(sent.map(({ body }) => body.provider), ['demo', 'demo', 'demo', 'other', 'other', 'demo', 'demo'])
    t.equal((await send(content, undefined, { path: '/batches?dry_run=false' })).body.id, sent[0]!.body.id)
    // A second key of a provider belongs to the same provider.
    t.equal((await api.submit(content, { as: 'demo-new' })).body.id, sent[0]!.body.id)
  })

  t.test('the same under one key fifty times at once: one batch', async t => {
    const content = fresh()
    const responses = await Promise.all(Array.from({ length: 50 }, () => send(content, 'at-once')))
    t.strictSame(responses.map(({ status }) => status), responses.map(() => 202))
    t.equal(new Set(responses.map(({ body }) => body.id)).size, 1)
    t.equal(new Set(responses.map(({ body }) => body.accepted_at)).size, 1)
    t.equal(await messagesOf(responses[0]!.body.id), 1)
    await api.settled()
    await noExtraPayload()
  })

  t.test('fifty contents under one key at once: one batch, the others are refused', async t => {
    const contents = Array.from({ length: 50 }, fresh)
    const responses = await Promise.all(contents.map(content => send(content, 'contested')))
    const accepted = responses.filter(({ status }) => status === 202)
    t.equal(accepted.length, 1)
    t.equal(responses.filter(({ status, body }) => status === 422 && body.id === accepted[0]!.body.id).length, 49)
    const manifest = await api.manifest(accepted[0]!.body.id)
    t.equal(manifest.digest, sha256(contents[responses.indexOf(accepted[0]!)]!))
    t.equal(sha256(await api.payload(manifest)), manifest.digest)
    t.equal(await messagesOf(manifest.id), 1)
    await noExtraPayload()
  })

  t.test('invalid keys', async t => {
    for (const key of ['', ' ', 'with space', 'tab\there', 'ü', 'x'.repeat(256), 'a, b', '\x7f']) {
      const request = rawRequest(t, api.url)
      await request.send(Buffer.from(head({ 'content-length': 1, 'idempotency-key': key }).replace('\r\n\r\n', '\r\n\r\nx'), 'latin1'))
      t.match(await request.nextResponse(), { status: 400 }, JSON.stringify(key))
    }
    const longest = '~'.repeat(255)
    t.match(await send(fresh(), longest), { status: 202 })
  })
})
