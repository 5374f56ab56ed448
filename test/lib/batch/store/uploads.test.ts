import { S3Client } from '@aws-sdk/client-s3'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import t from 'tap'
import { openStore } from '../../../../lib/batch/store/store.ts'
import { openUploads } from '../../../../lib/batch/store/uploads.ts'
import { aws } from '../../../harness/aws.ts'

const content = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
const description = { provider: 'demo', format: 'csv' as const, encoding: 'identity' as const, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }

t.test('a presigned URL is valid for 15 minutes, and never longer than the credentials that sign it', async t => {
  const { s3, bucket, region, endpoint } = await aws(t)
  const seconds = (url: string): number => Number(new URL(url).searchParams.get('X-Amz-Expires'))
  const own = (await openUploads(s3, s3, bucket).create(description)).put
  t.equal(seconds(own.url), 900)
  t.ok(Math.abs(Date.parse(own.expiresAt) - Date.now() - 900_000) < 60_000)

  const expiration = new Date(Date.now() + 400_000)
  const session = new S3Client({
    region, endpoint, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED',
    credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't', expiration }),
  })
  t.teardown(() => session.destroy())
  const { put } = await openUploads(s3, session, bucket).create(description)
  t.ok(Date.parse(put.expiresAt) <= expiration.getTime(), `${put.expiresAt} is not after ${expiration.toISOString()}`)
  t.ok(Date.parse(put.expiresAt) > expiration.getTime() - 60_000, 'and not long before')
  t.ok(seconds(put.url) <= 400 && seconds(put.url) > 340)
})

t.test('a file expires with the bucket\'s lifecycle rule, and the upload has the time of its PUT', async t => {
  const { s3, bucket } = await aws(t)
  const uploads = openUploads(s3, s3, bucket, 90)
  const { upload, fileExpiresAt } = await uploads.create(description)
  const days = (Date.parse(fileExpiresAt!) - Date.now()) / 86_400_000
  t.ok(days >= 90 && days <= 91)
  t.match(fileExpiresAt, /T00:00:00\.000Z$/)
  t.equal((await openUploads(s3, s3, bucket).create(description)).fileExpiresAt, null)

  t.equal(await uploads.findFile(upload), null)
  t.match(await uploads.find(upload.id), { ...description, id: upload.id, mayStillArrive: true })
  await openStore(s3, bucket).putStream(`incoming/demo/${upload.id}`, Readable.from([Buffer.from(content)]), 'text/csv')
  const { storedAt } = (await uploads.findFile(upload))!
  t.ok(Math.abs(Date.parse(storedAt) - Date.now()) < 60_000)

  const now = Date.now
  t.teardown(() => { Date.now = now })
  Date.now = () => now() + 2 * 86_400_000
  t.match(await uploads.find(upload.id), { mayStillArrive: false })
  Date.now = now
})
