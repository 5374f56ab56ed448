import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { openQueue } from '../../../../lib/batch/queue.ts'
import { openStore } from '../../../../lib/batch/store/store.ts'
import { valueOf } from '../../../../lib/metrics/metrics.ts'
import { header, ingestionApi, type TestIngestionApi } from '../../../harness/ingestion-api.ts'
import { ops } from '../../../harness/ops.ts'
import type { Pipeline } from '../../../harness/pipeline.ts'
import { startWorker } from '../../../harness/worker.ts'

t.test('ops batches and dead-letters, on a running system', async t => {
  const api = await ingestionApi(t)
  const queues = { queue: openQueue(api.aws.sqs, api.aws.queueUrl), deadLetters: openQueue(api.aws.sqs, api.aws.deadLetterQueueUrl) }
  startWorker(t, { db: api.db, aws: api.aws, store: openStore(api.aws.s3, api.aws.bucket), ...queues } as Pipeline)
  const env = { ...api.aws.env, DATABASE_URL: api.db.url('ops'), INGESTION_API_URL: api.url, API_KEY: 'demo-key' }
  const run = (...args: string[]) => ops(args, env)
  const csv = `${header}CNGGZ,EETLL,2021-01-05,100\n`
  const files = t.testdir({
    'good.csv': csv, 'cut.csv': csv.trimEnd(), 'good.csv.gz': gzipSync(csv), 'bad.csv': `${csv}CNGGZ,XXXXX,2021-01-05,100\n`,
    'validity.csv': 'pol,pod,valid from,valid to,price\nCNGGZ,EETLL,2021-01-05,2021-01-06,100\n',
  })
  const file = (name: string): string => join(files, name)

  t.test('submit waits for the result, and the exit code reports it', async t => {
    t.match(await run('batches', 'submit', file('good.csv')), { code: 0, stdout: /batch [0-9a-f]{64}\napplied: 1 row\n$/ })
    t.match(await run('batches', 'submit', file('good.csv.gz'), '--key', 'another'), { code: 0, stdout: 'applied' })
    t.match(await run('batches', 'submit', file('good.csv'), '--key', 'two', '--rows', '2'), { code: 1, stdout: 'row_count', stderr: 'rejected: 1 error in 1 row; ' })
    t.match(await run('batches', 'submit', file('good.csv'), '--rows', '2'), { code: 1, stdout: /^batch [0-9a-f]{64}, /, stderr: /1 rows, not 2/ }, 'applied before')
    t.match(await run('batches', 'submit', file('validity.csv'), '--rows', '1'), { code: 0, stdout: /applied: 1 row, 2 prices/ })
    t.match(await run('batches', 'submit', file('cut.csv'), '--rows', '1'), { code: 0, stdout: /the last line has no line end[^]*applied: 1 row\n/ })
    t.match(await run('batches', 'submit', file('none.csv'), '--rows', 'x'), { code: 2, stderr: '--rows must be a number from 1.' })
    t.match(await run('batches', 'submit', file('good.csv'), '--dry-run'), { code: 0, stdout: 'validated' })
    t.match(await run('batches', 'submit', file('bad.csv')), { code: 1, stdout: 'row 2, dest_code: unknown_port', stderr: /rejected: 1 error in 2 rows; .*Authorization: Bearer API_KEY: http:\S+\/batches\/[0-9a-f]{64}\/errors\?by=cause\n/ })
    t.match(await run('batches', 'submit', file('bad.csv'), '--key', 'another'), { code: 1, stderr: 'The key or the content belongs to another request' })
    t.match(await run('batches', 'submit', file('none.csv')), { code: 1, stderr: 'ENOENT' })
    t.match(await ops(['batches', 'submit', file('good.csv')], { ...env, INGESTION_API_URL: 'http://127.0.0.1:49151' }), { code: 1, stderr: 'ECONNREFUSED' })
    const waited = { method: 'POST', route: '/batches', status: '200' }
    t.ok(await valueOf(api.metrics, 'freight_http_request_seconds', waited, 'count'), 'with Prefer: wait, one request is enough')
  })

  t.test('list and show', async t => {
    const { stdout } = await run('batches', 'list', '--provider', 'demo')
    t.equal(stdout.trimEnd().split('\n').length, 1 + 7)
    const rejected = (await run('batches', 'list', '--provider', 'demo', '--state', 'rejected')).stdout
    const id = /[0-9a-f]{64}/.exec(rejected)![0]
    const shown = JSON.parse((await run('batches', 'show', id)).stdout)
    const seen = (await api.call(`/batches/${id}`)).body
    for (const member of Object.keys(seen).filter(member => member !== 'advice')) t.same(shown[member], seen[member], `${member} as in GET /batches/<id>`)
    t.match(shown, { id, state: 'rejected', rows: 2, error_count: 1, attempts: 1, actions: [] })
    t.match(shown.attempt_history, [{ attempt: 1, worker: String, started_at: /Z$/, finished_at: /Z$/, outcome: 'rejected', rows_read: 2 }])
    t.match(await run('batches', 'list', '--provider', 'nobody'), { code: 0, stdout: 'There are no such batches.' })
    t.match(await run('batches', 'list', '--provider', 'demo', '--state', 'wrong'), { code: 2 })
    t.match(await run('batches', 'show', 'wrong'), { code: 2 })
    t.match(await run('batches', 'show', 'f'.repeat(64)), { code: 1 })
  })

  t.test('the first 8 characters of an id are enough if one batch has them', async t => {
    const [id, like, unlike] = ['12345678a', '12345678b', '123456790'].map(prefix => prefix.padEnd(64, '5'))
    for (const each of [id!, like!, unlike!]) {
      await api.db.migrator`
        insert into batches (id, provider, mode, state, format, digest, bytes, accepted_at)
        values (${each}, 'prefix', 'apply', 'dead_lettered', 'csv', ${each}, 1, now())`
    }
    const states = async (): Promise<string[]> => (await api.db.migrator`select state from batches where provider = 'prefix' order by id`).map(({ state }) => state)
    t.match(JSON.parse((await run('batches', 'show', '12345679')).stdout), { id: unlike })
    t.match(JSON.parse((await run('dead-letters', 'show', '12345678b')).stdout), { id: like })
    const ambiguous = await run('batches', 'show', '12345678')
    t.match(ambiguous, { code: 1, stdout: '' })
    t.same(ambiguous.stderr.match(/[0-9a-f]{64}/g), [id, like], 'the candidates')
    t.match(await run('dead-letters', 'discard', '12345679', '12345678', '--why', 'x'), { code: 1, stdout: '' }, 'an ambiguous id among several changes no data')
    t.match(await run('dead-letters', 'discard', '12345679', 'fffffff0', '--why', 'x'), { code: 1, stdout: '', stderr: 'fffffff0' })
    t.match(await run('dead-letters', 'discard', '1234567', '--why', 'x'), { code: 2 }, 'seven')
    t.same(await states(), ['dead_lettered', 'dead_lettered', 'dead_lettered'])
    t.match(await run('dead-letters', 'discard', '12345679', unlike!, '12345678a', '--why', 'x'), { code: 0, stdout: new RegExp(`^${unlike}  discarded\\n${id}  discarded\\n$`) })
    t.same(await states(), ['discarded', 'dead_lettered', 'discarded'])
    t.match(await run('dead-letters', 'discard', like!, '--why', 'x'), { code: 0 })
    t.match(await run('dead-letters', 'discard', like!, '--why', 'x'), { code: 0, stdout: 'discarded already: nothing changed' })
    t.match(await run('dead-letters', 'redrive', like!, '--why', 'x'), { code: 1, stdout: `${like}  refused: the batch is discarded, not a dead letter`, stderr: '1 refused or failed' })
    t.match(await run('batches', 'dead-letter', like!, '--why', 'x'), { code: 1, stdout: 'refused: the batch is discarded, neither queued nor processing' })
  })

  t.test('dead letters', async t => {
    t.match(await run('dead-letters', 'list'), { code: 0, stdout: 'There are no dead letters.' })
    const [batch] = await api.db.migrator`
      update batches set state = 'dead_lettered', dead_lettered_at = now(), reason = 'X: y' where state = 'validated' returning id`
    const id = batch!.id as string
    await api.aws.s3.send(new DeleteObjectCommand({ Bucket: api.aws.bucket, Key: `decisions/${id}.json` })) // a dead letter has no decision
    t.match(await run('dead-letters', 'list', '--provider', 'demo'), { code: 0, stdout: new RegExp(`${id} .* –  +X: y`) })
    const today = new Date().toISOString().slice(0, 10)
    const expiring = await ops(['dead-letters', 'list'], { ...env, PAYLOAD_KEEP_DAYS: '90' })
    const [, until] = /(\d{4}-\d\d-\d\d) +X: y/.exec(expiring.stdout)!
    const days = (Date.parse(until!) - Date.parse(today)) / 86_400_000
    t.ok(days >= 90 && days <= 91, `the payload is deleted after ${days} days`)
    t.match(await ops(['dead-letters', 'list'], { ...env, PAYLOAD_KEEP_DAYS: 'many' }), { code: 2, stderr: 'PAYLOAD_KEEP_DAYS' })
    const [key, content] = await takePayload(api, id)
    t.match(JSON.parse((await run('dead-letters', 'show', id)).stdout), { id, payload: { state: 'missing', expires_at: null } })
    t.match(await run('dead-letters', 'redrive', id, '--why', 'x'), { code: 1, stdout: `${id}  refused`, stderr: '1 refused or failed' })
    await api.putObject(key, content)
    t.match(JSON.parse((await run('dead-letters', 'show', id)).stdout), { id, payload: { state: 'stored' } })
    t.match(await run('dead-letters', 'redrive', id), { code: 2, stderr: '--why' })
    t.match(await run('dead-letters', 'redrive', id, '--why', 'fixed', '--by', 'me'), { code: 0, stdout: new RegExp(`^${id}  (queued|processing|validated)\\n$`) })
    t.match(JSON.parse((await run('dead-letters', 'show', id)).stdout), { id, actions: [{ action: 'redrive', actor: 'me', reason: 'fixed' }] })
    t.match(await run('dead-letters', 'discard', id, 'f'.repeat(64), '--why', 'x'), { code: 1, stdout: /nothing changed[^]*unknown/ })
    const absent = await run('batches', 'dead-letter', 'f'.repeat(64), '--why', 'x')
    t.match(absent, { code: 1, stdout: 'no row', stderr: '1 without a row' })
    t.notMatch(absent.stdout, 'unknown')
  })
})

/** Deletes the payload of a batch. Resolves with the payload's key and content. */
async function takePayload ({ manifest, payload, aws }: TestIngestionApi, id: string): Promise<[key: string, content: string]> {
  const found = await manifest(id)
  const content = (await payload(found)).toString()
  await aws.s3.send(new DeleteObjectCommand({ Bucket: aws.bucket, Key: found.payload.key }))
  return [found.payload.key, content]
}
