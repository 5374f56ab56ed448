import { gzipSync } from 'node:zlib'
import t from 'tap'
import { openGunzip } from '../../../../lib/batch/content/gunzip.ts'
import { chunksOf } from '../../../harness/gzip-members.ts'

const [a, b, empty] = [gzipSync('aaa'), gzipSync('bbb'), gzipSync('')]
const zeros = (length: number): Buffer => Buffer.alloc(length)
const long = Buffer.alloc(3 * 16_384, 'x') // ends at the end of the decoder's own buffer

async function gunzip (file: Buffer, sizes: number[] = []): Promise<string> {
  const gunzip = openGunzip()
  const decoding = (async () => Buffer.concat(await Array.fromAsync(gunzip.decoded)).toString())()
  decoding.catch(() => {})
  try {
    for (const chunk of chunksOf(file, sizes)) await gunzip.write(chunk)
    await gunzip.end()
    return await decoding
  } catch (error) {
    return (error as { code: string }).code
  }
}

for (const [name, parts, expected] of [
  ['a member', [a], 'aaa'],
  ['two members', [a, b], 'aaabbb'],
  ['empty members in between', [empty, a, empty, empty, b, empty], 'aaabbb'],
  ['an empty member', [empty], ''],
  ['zeros to the end', [a, b, zeros(1)], 'aaabbb'],
  ['a block of zeros to the end, as tar and tape write it', [a, zeros(100_000)], 'aaa'],
  ['a member as long as the buffers, then zeros', [gzipSync(long), zeros(5)], long.toString()],
  ['a member after a zero', [a, zeros(1), b], 'NOT_GZIP'],
  ['a member after many zeros', [a, zeros(100_000), b], 'NOT_GZIP'],
  ['a byte after zeros', [a, zeros(70), Buffer.from('x')], 'NOT_GZIP'],
  ['a member as long as the buffers, zeros, a member', [gzipSync(long), zeros(5), b], 'NOT_GZIP'],
  ['text after a member', [a, Buffer.from('text')], 'NOT_GZIP'],
  ['a truncated header after a member', [a, b.subarray(0, 1)], 'NOT_GZIP'],
  ['a member that is truncated in its checksum', [a, b.subarray(0, -1)], 'NOT_GZIP'],
  ['a wrong checksum', [Buffer.concat([a.subarray(0, -8), zeros(8)])], 'NOT_GZIP'],
  ['zeros first', [zeros(1), a], 'NOT_GZIP'],
  ['zeros alone', [zeros(30)], 'NOT_GZIP'],
] as const) {
  t.test(name, async t => {
    const file = Buffer.concat(parts)
    for (const sizes of [[], [1], [2], [a.length], [a.length + 1], [a.length - 1, 3], [65_536]]) {
      if (file.length > 1_000 && sizes[0]! < 3) continue
      t.equal(await gunzip(file, sizes), expected, `chunks of ${sizes.join(', ') || file.length}`)
    }
  })
}

t.test('a reader that stops ends the writer', async t => {
  const gunzip = openGunzip()
  const decoding = gunzip.decoded.next().then(() => gunzip.decoded.return(undefined))
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  t.equal(await gunzip.write(bomb), false)
  t.equal(await gunzip.write(bomb), false)
  await decoding
})

t.test('an external error reaches the reader', async t => {
  const gunzip = openGunzip()
  const decoding = t.rejects(Array.fromAsync(gunzip.decoded), { code: 'ECONNRESET' })
  await gunzip.write(a.subarray(0, 5))
  gunzip.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
  await decoding
})
