import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { Manifest } from '../../../../lib/batch/batch.ts'
import { openStore } from '../../../../lib/batch/store/store.ts'
import { openS3 } from '../../../../lib/process/aws.ts'
import { aws } from '../../../harness/aws.ts'
import { awsProxy } from '../../../harness/aws-proxy.ts'
import { testSystem } from '../../../harness/system.ts'

const id = '0'.repeat(64)

t.test('the objects of a batch', async t => {
  const proxy = await awsProxy(t)
  const { bucket, region } = await aws(t)
  const s3 = openS3({ region, endpoint: proxy.endpoint })
  t.teardown(() => s3.destroy())
  const store = openStore(s3, bucket)
  const put = (key: string, content: string) => store.putStream(key, Readable.from([Buffer.from(content)]), 'text/csv')

  t.test('a payload is pinned: another object under its key is not read', async t => {
    const payload = await put('incoming/demo/1', 'first')
    t.equal(await text(await store.openPayload(payload)), 'first')
    const later = await put('incoming/demo/1', 'second')
    if (testSystem().keepsVersions) t.equal(await text(await store.openPayload(payload)), 'first')
    else await t.rejects(store.openPayload(payload), { name: 'PreconditionFailed' })
    await store.deletePayload(later)
    await t.rejects(store.openPayload(later), { name: /^NoSuch(Key|Version)$/ })
  })

  t.test('a payload is read by ranges, and pinned', async t => {
    const payload = await put('incoming/demo/3', '0123456789')
    const range = async (from: number, to: number) => Buffer.from(await store.readRange(payload, from, to)).toString()
    t.equal(await range(0, 10), '0123456789')
    t.equal(await range(3, 5), '34')
    await t.rejects(range(8, 11), { message: 'incoming/demo/3 has 2 bytes from 8 to 11' })
    await t.rejects(store.readRange(payload, 0, 1, AbortSignal.abort()), { name: 'AbortError' })
    await put('incoming/demo/3', 'abcdefghij')
    if (testSystem().keepsVersions) t.equal(await range(0, 2), '01')
    else await t.rejects(range(0, 2), { name: 'PreconditionFailed' })
  })

  t.test('a payload can be deleted twice', async t => {
    const payload = await put('incoming/demo/2', 'first')
    await store.deletePayload(payload)
    await store.deletePayload(payload)
    await t.rejects(store.openPayload(payload), { name: /^NoSuch(Key|Version)$/ })
  })

  t.test('a manifest is written once', async t => {
    t.equal(await store.readManifest(id), null)
    const manifest = { version: 1, id, provider: 'demo', payload: { key: 'k', versionId: null, etag: 'e' } }
    t.equal(await store.createManifest({ ...manifest, digest: 'first' } as Manifest), true)
    t.equal(await store.createManifest({ ...manifest, digest: 'second' } as Manifest), false)
    t.match(await store.readManifest(id), { digest: 'first' })
  })

  t.test('a pending record', async t => {
    const payload = { key: 'k', versionId: null, etag: 'e' }
    t.equal(await store.isPending(id), false)
    t.equal(await store.readPending(id), null)
    await store.putPending(id, payload)
    await store.putPending(id, payload)
    t.equal(await store.isPending(id), true)
    t.strictSame(await store.readPending(id), payload)
    t.match(await Array.fromAsync(store.listPending()), [{ id, ageSeconds: Number }])
    await store.deletePending(id)
    await store.deletePending(id)
    t.equal(await store.isPending(id), false)
  })

  t.test('a report', async t => {
    t.equal(await store.openReport(id), null)
    await store.putReport(id, Readable.from([Buffer.from('{"row":1}\n')]))
    t.equal(await text((await store.openReport(id))!), '{"row":1}\n')
    t.equal(await store.readCauses(id), null)
    await store.putCauses(id, { version: 1, errors: 1, written: 1, causes: [] })
    t.strictSame(await store.readCauses(id), { version: 1, errors: 1, written: 1, causes: [] })
    await store.putCauses(id, { version: 2 } as never)
    t.equal(await store.readCauses(id), null, 'a version of a newer release')
  })

  t.test('an unavailable store is not a missing object', async t => {
    await store.probe()
    const back = proxy.cut(() => true)
    const calls: Array<() => Promise<unknown>> = [
      store.probe, () => store.readManifest(id), () => store.isPending(id), () => store.readPending(id), () => store.openReport(id),
      () => store.readCauses(id),
    ]
    for (const call of calls) {
      await t.rejects(Promise.resolve(call()), { code: /ECONNRESET|EPIPE/ })
    }
    back()
  })
})
