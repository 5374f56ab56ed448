import fc from 'fast-check'
import t from 'tap'
import { openGunzip } from '../../../lib/batch/content/gunzip.ts'
import { chunksOf, gunzipByHand, gzipFiles, gzipMember } from '../../harness/gzip-members.ts'
import { header, ingestionApi } from '../../harness/ingestion-api.ts'
import { sendingTo } from '../../harness/submissions.ts'
import { runs } from './inputs.ts'

const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 })
const content = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.integer({ min: 16_380, max: 16_390 }).map(length => Buffer.alloc(length, 'ab')) }) // the decoder's buffer, nearly

t.test('members, zeros and junk in any order, cut anywhere: the complete content, or a refusal', async t => {
  const counts = { accepted: 0, refused: 0 }
  await fc.assert(fc.asyncProperty(gzipFiles(content), sizes, async (parts, sizes) => {
    const file = Buffer.concat(parts)
    const expected = gunzipByHand(file)
    const gunzip = openGunzip()
    const decoded: Buffer[] = []
    const decoding = (async () => { for await (const chunk of gunzip.decoded) decoded.push(chunk) })().catch(error => error as Error)
    let refusal: unknown
    try {
      for (const chunk of chunksOf(file, sizes)) await gunzip.write(chunk)
      await gunzip.end()
      refusal = await decoding
    } catch (error) {
      refusal = error
    }
    counts[refusal ? 'refused' : 'accepted']++
    if (refusal && (refusal as { code?: string }).code !== 'NOT_GZIP') throw refusal
    if (refusal ? expected !== null : !expected?.equals(Buffer.concat(decoded))) {
      throw new Error(`${refusal ? 'refused' : 'decoded in part'}: ${file.toString('hex')}`)
    }
  }), runs(0.4))
  t.comment(JSON.stringify(counts))
  t.ok(counts.accepted > 10 && counts.refused > 10, 'both results occur')
})

t.test('through POST and upload: every row of the file, or the refusal', async t => {
  const api = await ingestionApi(t, { limits: { batchesPerMinute: 1_000_000 } })
  const { upload, untilFinal, visible } = sendingTo(t, api)
  const rows = fc.integer({ min: 0, max: 20 }).map(count => Buffer.from('CNGGZ,EETLL,2021-01-05,100\n'.repeat(count)))
  let iteration = 0
  await fc.assert(fc.asyncProperty(gzipFiles(rows), async parts => {
    const file = Buffer.concat([gzipMember(Buffer.from(header)), ...parts])
    const expected = gunzipByHand(file)
    const headers = { 'idempotency-key': `gzip-${++iteration}` }
    const sent = await api.submit(new Uint8Array(file), { headers: { ...headers, 'content-encoding': 'gzip' } })
    const named = await upload(file, { content_encoding: 'gzip' }, { headers: { 'idempotency-key': `upload-${iteration}` } })
    if (!expected) {
      t.match(sent, { status: 400, body: { type: '/problems/malformed-body' } })
      // A truncated member may swallow the next member's bytes as text. Its rows are reported before the end shows what they are.
      const { state, first_errors: errors } = await untilFinal(named.body.id) as { state: string, first_errors: Array<{ code: string }> }
      t.equal(state, 'rejected')
      t.ok(errors.length === 100 || errors.some(({ code }) => code === 'not_gzip'))
      t.equal(await visible(named.body.id), 0)
      return
    }
    const count = expected.toString().match(/CNGGZ/g)?.length ?? 0
    for (const { body } of [sent, named]) {
      t.match(await untilFinal(body.id), count > 0 ? { state: 'applied', rows: count } : { state: 'rejected', first_errors: [{ code: 'no_rows' }] })
      t.equal(await visible(body.id), count)
    }
  }), runs(0.03))
})
