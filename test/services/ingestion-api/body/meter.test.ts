import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { isUtf8 } from 'node:buffer'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { openMeter, type Measured } from '../../../../services/ingestion-api/body/meter.ts'
import { utf8Checker } from '../../../../services/ingestion-api/body/utf8.ts'
import { ingestionApi } from '../../../harness/ingestion-api.ts'
import { chunk, head, rawRequest } from '../../../harness/raw-http.ts'

/** Bytes that are valid UTF-8, nearly valid UTF-8, or arbitrary. */
const bytes = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map(text => Buffer.from(text)),
  fc.array(fc.constantFrom(0x41, 0x80, 0xbf, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x9a, 0xa2, 0xed, 0xa0, 0xff), { maxLength: 12 })
    .map(codes => Buffer.from(codes)),
  fc.uint8Array({ maxLength: 20 }).map(codes => Buffer.from(codes)))
const cuts = fc.array(fc.nat(20), { maxLength: 6 })

function pieces (content: Buffer, cuts: number[]): Buffer[] {
  const at = [0, ...cuts.map(cut => Math.min(cut, content.length)).toSorted((a, b) => a - b), content.length]
  return at.slice(1).map((end, index) => content.subarray(at[index], end))
}

t.test('valid UTF-8 is accepted wherever the chunks are cut', async () => {
  fc.assert(fc.property(bytes, cuts, (content, cuts) => {
    const utf8 = utf8Checker()
    return (pieces(content, cuts).every(piece => utf8.accepts(piece)) && utf8.isComplete()) === isUtf8(content)
  }), { numRuns: 5_000 })
})

async function measure (encoding: 'identity' | 'gzip', chunks: Buffer[]): Promise<Measured | string> {
  const meter = openMeter('ndjson', encoding, { maxBytes: 1_000, maxDecodedBytes: 1_000 })
  try {
    for (const piece of chunks) await meter.write(piece)
    return await meter.end()
  } catch (error) {
    return (error as { code: string }).code
  }
}

t.test('a body is measured the same for all chunk sizes and compressions', async t => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), cuts, async (text, cuts) => {
    const content = Buffer.from(`{}${text}`) // no other text begins as a file of another type does
    const measured = { format: 'ndjson', digest: createHash('sha256').update(content).digest('hex'), bytes: content.length, decodedBytes: content.length }
    t.strictSame(await measure('identity', pieces(content, cuts)), measured)
    const zipped = gzipSync(content)
    t.strictSame(await measure('gzip', pieces(zipped, cuts)), { ...measured, bytes: zipped.length })
    t.equal(await measure('gzip', pieces(zipped.subarray(0, -1), cuts)), 'malformed-body')
    t.equal(await measure('gzip', [...pieces(zipped, cuts), Buffer.from('x')]), 'malformed-body')
  }), { numRuns: 100 })
})

t.test('limits are exact', async t => {
  const of = (length: number) => Buffer.alloc(length, 'x')
  t.match(await measure('identity', [of(999), of(1)]), { bytes: 1_000 })
  t.equal(await measure('identity', [of(1_000), of(1)]), 'content-too-large')
  t.match(await measure('gzip', [gzipSync(of(1_000))]), { decodedBytes: 1_000 })
  t.equal(await measure('gzip', [gzipSync(of(1_001))]), 'content-too-large')
  t.equal(await measure('gzip', [gzipSync(of(990), { level: 0 })]), 'content-too-large', 'larger compressed than decompressed')
})

t.test('JSON is checked before the body is accepted, for all chunk sizes', async t => {
  const api = await ingestionApi(t)
  const send = async (...parts: string[]) => {
    const request = rawRequest(t, api.url)
    await request.send(head({ 'transfer-encoding': 'chunked', 'content-type': 'application/json' }))
    for (const part of parts) {
      await request.send(chunk(part))
      await new Promise(resolve => setImmediate(resolve))
    }
    await request.send(chunk(''))
    return await request.nextResponse()
  }
  const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')
  for (const parts of [['[]'], [' ', '\n', '[', ']'], ['\ufeff[]'], [' '.repeat(100)], [' ', ' '], ['[{"orig', '_code":"å', '"}]'], ['nonsense'], [' '.repeat(9_000), '{}']]) {
    t.match(await send(...parts), { status: 202, body: { digest: digestOf(parts.join('')), format: 'json' } }, JSON.stringify(parts).slice(0, 40))
  }
  for (const parts of [['{'], [' ', '{', '"upload"', ':1}'], ['{"upload":"x"}'], ['{', ' '.repeat(5_000)]]) {
    t.match(await send(...parts), { status: 400, body: { type: '/problems/malformed-body' } }, JSON.stringify(parts).slice(0, 40))
  }
  const upload = '00000000-0000-4000-8000-000000000000'
  t.match(await send('{"upl', `oad":"${upload}"`, '}\n'), { status: 404, body: { type: '/problems/unknown-upload' } })
})
