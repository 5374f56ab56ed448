import t from 'tap'
import { batchId } from '../../../lib/batch/batch.ts'
import { createManifest, type BatchContent } from '../../../lib/batch/create-manifest.ts'

const digest = 'd'.repeat(64)
const content: BatchContent = {
  format: 'csv', encoding: 'identity', digest, digestOf: 'content', bytes: 3, decodedBytes: 3, payload: { key: 'incoming/demo/1', versionId: null, etag: '"e"' },
  contentName: { kind: 'content', value: digest },
}
const acceptedAt = new Date('2026-01-02T03:04:05.678Z')
const submission = { provider: 'demo', mode: 'apply', acceptedAt } as const

t.test('the provider\'s key names the batch, or else its content', async t => {
  t.strictSame(createManifest(content, { ...submission, key: 'january' }).name, { kind: 'key', value: 'january' })
  t.strictSame(createManifest(content, { ...submission, key: 'january', mode: 'dry_run' }).name, { kind: 'key', value: 'january' })
  t.strictSame(createManifest(content, submission).name, content.contentName)
  t.equal(createManifest(content, submission).id, batchId('demo', 'apply', content.contentName))
})

t.test('a dry run without a key is a new batch each time', async t => {
  const [one, two] = [createManifest(content, { ...submission, mode: 'dry_run' }), createManifest(content, { ...submission, mode: 'dry_run' })]
  t.equal(one.name.kind, 'request')
  t.not(one.id, two.id)
})

t.test('the stored object has the same members in the same order as in the releases before', async t => {
  const manifest = createManifest({ ...content, payloadStoredAt: 'then' }, { ...submission, rows: 1, traceparent: 'trace', key: undefined })
  t.strictSame(Object.keys(manifest), ['version', 'id', 'provider', 'mode', 'name', 'format', 'encoding', 'digest', 'digestOf', 'bytes', 'decodedBytes', 'payload',
    'payloadStoredAt', 'rows', 'acceptedAt', 'traceparent'])
  t.strictSame(Object.keys(createManifest(content, submission)), ['version', 'id', 'provider', 'mode', 'name', 'format', 'encoding', 'digest', 'digestOf', 'bytes',
    'decodedBytes', 'payload', 'acceptedAt'])
  t.equal(manifest.acceptedAt, '2026-01-02T03:04:05.678Z')
})
