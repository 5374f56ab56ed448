import { GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'
import t from 'tap'
import { putStream } from '../../../../lib/batch/store/put-stream.ts'
import { openS3 } from '../../../../lib/process/aws.ts'
import { aws } from '../../../harness/aws.ts'
import { awsProxy, type Which } from '../../../harness/aws-proxy.ts'

const part = 5 * 1024 * 1024
/** Bytes without a repeated section, so that a part in the wrong place shows. */
const bytes = Buffer.from(Uint32Array.from({ length: 4 * part / 4 }, (_, index) => index).buffer)

t.test('a stream becomes an object', async t => {
  const proxy = await awsProxy(t)
  const { s3, bucket, region } = await aws(t)
  const client = openS3({ region, endpoint: proxy.endpoint })
  t.teardown(() => client.destroy())
  const put = (key: string, body: Readable) => putStream(client, { Bucket: bucket, Key: key }, body, 'text/csv')
  const chunks = (length: number, size: number) => Readable.from((function * () {
    for (let at = 0; at < length; at += size) yield bytes.subarray(at, Math.min(length, at + size))
  })(), { objectMode: false })
  const left = async () => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'failing' }))
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
    return Contents.length + Uploads.length
  }

  const sizes = [[1, 1], [part - 1, 65_536], [part, 65_536], [part + 1, 65_536], [2 * part, part], [3 * part + 7, 100_003]] as const
  for (const [length, size] of sizes) {
    t.test(`${length} bytes in chunks of ${size}`, async t => {
      const before = proxy.calls.length
      const payload = await put(`complete-${length}-${size}`, chunks(length, size))
      const stored = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: payload.key, IfMatch: payload.etag }))
      t.equal(stored.ContentType, 'text/csv')
      t.ok(Buffer.from(await stored.Body!.transformToByteArray()).equals(bytes.subarray(0, length)))
      t.equal(proxy.calls.slice(before).filter(({ method }) => method === 'PUT').length, Math.ceil(length / part))
    })
  }

  t.test('an empty stream', async t => {
    const { key } = await put('nothing', Readable.from([]))
    t.equal((await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))).ContentLength, 0)
  })

  t.test('a part that is in flight when the body fails is waited for: after the abort the part would remain', async t => {
    const pause = proxy.hold(({ method }) => method === 'PUT', 'call')
    const body = Readable.from((async function * () {
      yield bytes.subarray(0, part + 1)
      await pause.reached
      throw new Error('broken off')
    })())
    const failed = t.rejects(put('failing', body), { message: 'broken off' })
    await pause.reached
    await left() // enough time for an abort
    t.notOk(proxy.calls.some(({ method, key }) => method === 'DELETE' && key === 'failing'), 'not aborted yet')
    pause.release()
    await failed
    t.equal(await left(), 0)
  })

  t.test('a body that fails leaves no part, and its error is thrown', async t => {
    for (const length of [0, 1, part, part + 1, 2 * part + 1]) {
      const failure = new Error('the body was cut')
      const body = Readable.from((async function * () {
        for (let at = 0; at < length; at += 65_536) yield bytes.subarray(at, Math.min(length, at + 65_536))
        throw failure
      })(), { objectMode: false })
      await t.rejects(put('failing', body), failure, String(length))
      t.equal(await left(), 0)
    }
  })

  t.test('a store that fails has no part left, and the body is destroyed', async t => {
    let parts = 0
    const steps: Record<string, Which> = {
      begin: ({ method, key }) => method === 'POST' && key === 'failing',
      'first part': ({ method }) => method === 'PUT',
      'second part': ({ method }) => method === 'PUT' && ++parts > 1,
      'third part': ({ method }) => method === 'PUT' && ++parts > 2,
    }
    for (const [name, step] of Object.entries(steps)) {
      parts = 0
      const back = proxy.cut(step)
      const body = chunks(3 * part + 1, 65_536)
      await t.rejects(put('failing', body), { code: /ECONNRESET|EPIPE/ }, name)
      back()
      t.ok(body.destroyed, `${name}: the body is destroyed`)
      t.equal(await left(), 0, name)
    }
  })

  t.test('a call that fails once is retried', async t => {
    let failed = false
    const back = proxy.cut(({ method }) => method === 'PUT' && !failed && (failed = true))
    const { key } = await put('again', chunks(2 * part, 65_536))
    back()
    const stored = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    t.ok(Buffer.from(await stored.Body!.transformToByteArray()).equals(bytes.subarray(0, 2 * part)))
  })
})
