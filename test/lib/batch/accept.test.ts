import t from 'tap'
import { accept } from '../../../lib/batch/accept.ts'
import type { Manifest } from '../../../lib/batch/batch.ts'
import { createManifest } from '../../../lib/batch/create-manifest.ts'
import { openQueue } from '../../../lib/batch/queue.ts'
import { openStore } from '../../../lib/batch/store/store.ts'
import { openS3, openSqs } from '../../../lib/process/aws.ts'
import { aws } from '../../harness/aws.ts'
import { awsProxy } from '../../harness/aws-proxy.ts'
import { storeContent } from '../../harness/stored-content.ts'

t.test('accepting', async t => {
  const proxy = await awsProxy(t)
  const { bucket, queueUrl, region, endpoint } = await aws(t)
  const open = (endpoint: string) => {
    const [s3, sqs] = [openS3({ region, endpoint }), openSqs({ region, endpoint })]
    t.teardown(() => { s3.destroy(); sqs.destroy() })
    return { store: openStore(s3, bucket), queue: openQueue(sqs, queueUrl) }
  }
  const { store, queue } = open(proxy.endpoint)
  const manifestOf = async (key: string, content: string): Promise<Manifest> =>
    createManifest(await storeContent(store, content), { provider: 'demo', mode: 'apply', key })
  const manifestPut = ({ method, key }: { method: string, key: string }): boolean => method === 'PUT' && key.startsWith('batches/')

  t.test('again, and again without the pending record', async t => {
    const manifest = await manifestOf('plain', 'a')
    t.strictSame(await accept(store, queue, manifest), { manifest, replayed: false, pending: true })
    const again = { ...manifest, payload: { ...manifest.payload, key: 'another' }, acceptedAt: 'later' }
    t.strictSame(await accept(store, queue, again), { manifest, replayed: true, pending: true }, 'while pending, the message is sent again')
    await store.deletePending(manifest.id)
    const before = proxy.calls.length
    t.strictSame(await accept(store, queue, again), { manifest, replayed: true, pending: false })
    t.equal(proxy.calls.slice(before).filter(({ method }) => method === 'SendMessage').length, 0)
  })

  t.test('overtaken between the read and the manifest: the first manifest holds', async t => {
    for (const content of ['same', 'other']) {
      const [slow, quick] = await Promise.all([manifestOf(`race ${content}`, 'same'), manifestOf(`race ${content}`, content)])
      const pause = proxy.hold(manifestPut, 'call')
      const overtaken = accept(store, queue, slow)
      overtaken.catch(() => {})
      await pause.reached
      t.match(await accept(store, queue, quick), { manifest: quick, replayed: false })
      await store.deletePending(quick.id)
      pause.release()
      if (content === 'same') t.strictSame(await overtaken, { manifest: quick, replayed: true, pending: true })
      else await t.rejects(overtaken, { code: 'key-reused', members: { id: quick.id } })
      t.strictSame(await store.readManifest(slow.id), quick)
    }
  })

  t.test('a store without conditional writes works for sequential requests', async t => {
    const direct = open(endpoint)
    const manifest = await manifestOf('unconditional', 'a')
    t.match(await accept(direct.store, direct.queue, manifest), { replayed: false })
    await t.rejects(accept(direct.store, direct.queue, await manifestOf('unconditional', 'b')), { code: 'key-reused' })
    t.strictSame(await direct.store.readManifest(manifest.id), manifest)
  })

  t.test('a failure reports how far the acceptance came', async t => {
    const manifest = await manifestOf('failing', 'a')
    let back = proxy.cut(manifestPut)
    await t.rejects(accept(store, queue, manifest), { code: 'store-unavailable', members: {} })
    back()
    t.equal(await store.readManifest(manifest.id), null)
    t.strictSame(await store.readPending(manifest.id), manifest.payload)

    back = proxy.cut(({ method }) => method === 'SendMessage')
    await t.rejects(accept(store, queue, manifest), {
      code: 'queue-unavailable', members: { id: manifest.id }, headers: { location: `/batches/${manifest.id}`, 'retry-after': /\d/ },
    })
    back()
    t.strictSame(await store.readManifest(manifest.id), manifest)
  })
})
