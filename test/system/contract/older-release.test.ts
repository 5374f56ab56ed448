import t from 'tap'
import type { Manifest } from '../../../lib/batch/batch.ts'
import { openQueue } from '../../../lib/batch/queue.ts'
import { openStore } from '../../../lib/batch/store/store.ts'
import { accept } from '../../../lib/batch/accept.ts'
import { header, ingestionApi, type Result } from '../../harness/ingestion-api.ts'
import { formerManifest, uploaded, submissions, submissionText, type Submission } from '../../harness/older-release.ts'
import type { Pipeline } from '../../harness/pipeline.ts'
import { waitFor } from '../../harness/wait.ts'
import { startWorker } from '../../harness/worker.ts'
import { gzipSync } from 'node:zlib'

let count = 0
/** Returns content of one price that no other test sends. */
const fresh = (): { content: string, price: number } => ({ content: `${header}CNGGZ,EETLL,2021-01-05,${++count}\n`, price: count })

t.test('content that an older release accepted is one batch with the same content sent to this release, and the other way round', async t => {
  const api = await ingestionApi(t)
  const { aws, db } = api
  const [store, queue] = [openStore(aws.s3, aws.bucket), openQueue(aws.sqs, aws.queueUrl)]
  startWorker(t, { db, aws, store, queue, deadLetters: openQueue(aws.sqs, aws.deadLetterQueueUrl) } as Pipeline)

  const untilFinal = async (id: string): Promise<Record<string, any>> => {
    let body: Record<string, any> = {}
    await waitFor(async () => {
      body = (await api.call(`/batches/${id}`)).body
      return ['applied', 'rejected'].includes(body.state)
    })
    return body
  }
  const nameUpload = (upload: string): Promise<Result> =>
    api.submit(JSON.stringify({ upload }), { headers: { 'content-type': 'application/json' } })
  const send = async (content: string, { upload, gzip }: Submission): Promise<Result> => {
    if (upload) return await nameUpload(await uploaded(api, content, gzip))
    return await api.submit(gzip ? gzipSync(content) : content, gzip ? { headers: { 'content-encoding': 'gzip' } } : {})
  }
  const visible = async (price: number): Promise<number> => (await db.migrator`select 1 from all_prices where price = ${price}`).length
  /** Clears the columns that the older worker does not know and leaves null. */
  const forget = (id: string) => db.migrator`update batches set name_kind = null, content_digest = null where id = ${id}`
  /** Accepts a batch as the older release does, with or without the result of the older worker. */
  const acceptedBefore = async (content: string, submission: Submission): Promise<{ manifest: Manifest, uploadId: string | undefined }> => {
    const uploadId = submission.upload ? await uploaded(api, content, submission.gzip) : undefined
    const manifest = await formerManifest(api, content, submission, uploadId)
    await accept(store, queue, manifest)
    await store.deletePending(manifest.id)
    return { manifest, uploadId }
  }

  for (const before of submissions) {
    for (const again of submissions) {
      for (const byOlderWorker of [false, true]) {
        t.test(`${submissionText(before)}, applied by the ${byOlderWorker ? 'older' : 'new'} worker; again: ${submissionText(again)}`, async t => {
          const { content, price } = fresh()
          const { manifest } = await acceptedBefore(content, before)
          t.match(await untilFinal(manifest.id), { state: 'applied' })
          if (byOlderWorker) await forget(manifest.id)
          const { status, body } = await send(content, again)
          t.equal(status, 202)
          const finalView = await untilFinal(body.id)
          if (body.id === manifest.id) t.match(finalView, { state: 'applied' })
          else t.match(finalView, { state: 'rejected', error_count: 1, first_errors: [{ row: 0, code: 'duplicate', value: manifest.id }] })
          t.equal(await visible(price), 1)
        })
      }
    }
  }

  t.test('the same upload named again, and a content sent before its older duplicate is applied', async t => {
    for (const gzip of [false, true]) {
      const { content, price } = fresh()
      const { manifest, uploadId } = await acceptedBefore(content, { upload: true, gzip })
      t.match(await nameUpload(uploadId!), { status: 202, body: { id: manifest.id } })
      const { body } = await api.submit(content)
      t.match(await untilFinal(manifest.id), { state: 'applied' })
      t.match(await untilFinal(body.id), { state: 'rejected', first_errors: [{ code: 'duplicate', value: manifest.id }] })
      t.equal(await visible(price), 1)
    }
  })

  t.test('a batch that this release accepted is found by the names of the older release', async t => {
    for (const submission of submissions) {
      const { content, price } = fresh()
      const uploadId = submission.upload ? await uploaded(api, content, submission.gzip) : undefined
      const first = uploadId ? await nameUpload(uploadId) : await send(content, submission)
      t.match(await untilFinal(first.body.id), { state: 'applied' })
      // The older release looks for its own id, and uses the existing batch if the digest is the same.
      const former = await formerManifest(api, content, submission, uploadId)
      const found = await accept(store, queue, former)
      t.match(found, { replayed: true, pending: false, manifest: { id: first.body.id } }, submissionText(submission))
      t.equal(await visible(price), 1)
      if (uploadId) t.match(await nameUpload(uploadId), { status: 202, body: { id: first.body.id, state: 'applied' } })
      t.match((await api.call(`/batches/${former.id}`)).body, { id: first.body.id }, 'also at the address that its response names')
    }
  })
})
