import t from 'tap'
import { openUploads, type SignedPut } from '../../../lib/batch/store/uploads.ts'
import { aws } from '../../harness/aws.ts'
import { sha256 } from '../../harness/ingestion-api.ts'
import { rawPut } from './raw-put.ts'
import { testSystem } from '../../harness/system.ts'

/** Needs a store that verifies: the presigned URL of an upload accepts the announced file, once, and no other. */
if (!testSystem().verifiesUploads) throw new Error('The store verifies nothing: run `npm run test:emulators -- test/system/emulators/signed-put.ts`')

const file = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'

t.test('the presigned URL of an upload', async t => {
  const { s3, bucket } = await aws(t)
  const uploads = openUploads(s3, s3, bucket)
  const createUpload = () => uploads.create({ provider: 'demo', format: 'csv', encoding: 'identity', bytes: file.length, sha256: sha256(file) })
  const without = (headers: SignedPut['headers'], name: string) => Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name))

  const wrong: Array<[what: string, change: (put: SignedPut) => { url?: string, headers?: SignedPut['headers'], body?: string }]> = [
    ['other bytes', () => ({ body: file.replace('100', '999') })],
    ['a longer file', ({ headers }) => ({ body: `${file}\n`, headers: { ...headers, 'content-length': String(file.length + 1) } })],
    ['another checksum', ({ headers }) => {
      const body = file.replace('100', '999')
      return { body, headers: { ...headers, 'x-amz-checksum-sha256': Buffer.from(sha256(body), 'hex').toString('base64') } }
    }],
    ['no checksum', ({ headers }) => ({ headers: without(headers, 'x-amz-checksum-sha256') })],
    ['no condition', ({ headers }) => ({ headers: without(headers, 'if-none-match') })],
    ['another key', ({ url }) => ({ url: url.replace('/incoming/demo/', '/incoming/other/') })],
    ['a longer life', ({ url }) => ({ url: url.replace('X-Amz-Expires=900', 'X-Amz-Expires=90000') })],
    ['another signature', ({ url }) => ({ url: url.replace(/X-Amz-Signature=[0-9a-f]{8}/, 'X-Amz-Signature=00000000') })],
  ]
  for (const [what, change] of wrong) {
    t.test(`${what}: refused, and no object is stored`, async t => {
      const { upload, put } = await createUpload()
      const status = await rawPut({ ...put, body: file, ...change(put) })
      t.ok(status >= 400 && status < 500, String(status))
      t.equal(await uploads.findFile(upload), null)
    })
  }

  t.test('the file, once', async t => {
    const { upload, put } = await createUpload()
    t.equal(await rawPut({ ...put, body: file }), 200)
    const arrived = await uploads.findFile(upload)
    t.type(arrived?.payload.versionId, 'string')
    t.equal(await rawPut({ ...put, body: file }), 412)
    t.same(await uploads.findFile(upload), arrived)
  })
})
