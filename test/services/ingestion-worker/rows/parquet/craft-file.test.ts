import { gzipSync, zstdCompressSync } from 'node:zlib'
import t from 'tap'
import { craftFile, dataPage, dictionaryPage, thrift, varint, wrap, type Craft, type Struct } from './craft-file.ts'
import { limits, parquetFile, readTable } from './read-file.ts'

const [INT32, INT64, BYTE_ARRAY] = [1, 2, 6]
const [PLAIN, DICTIONARY, DELTA, DELTA_BYTES] = [0, 8, 5, 7]
const huge = 2 ** 31 - 1
/** Differences: block size, miniblocks, number of values, first value. */
const delta = (...header: number[]): Buffer => Buffer.concat([...header.map(varint), Buffer.alloc(64)])
const text = (value: string): Buffer => Buffer.concat([Buffer.of(value.length, 0, 0, 0), Buffer.from(value)])

t.test('what the crafted file has, if nothing is wrong', async t => {
  const dictionary = dictionaryPage(1, text('CNGGZ'))
  const file = craftFile({ type: BYTE_ARRAY, rows: 3, pages: [dictionary, dataPage(3, DICTIONARY, Buffer.of(0))] })
  t.strictSame((await readTable(file)).rows, [['CNGGZ'], ['CNGGZ'], ['CNGGZ']])
  const numbers = craftFile({ type: INT32, rows: 3, pages: [dataPage(3, DELTA, delta(128, 4, 3, 14))] })
  t.strictSame((await readTable(numbers)).rows, [[7], [7], [7]])
})

const cases: Record<string, Craft & { code?: string }> = {
  'a run of 2^30 levels for one value, and no second page': { rows: 2, pages: [dataPage(1, PLAIN, Buffer.alloc(4), { levels: Buffer.concat([varint(2 ** 31), Buffer.of(1)]) })] },
  'levels of no end': { rows: 9, pages: [dataPage(9, PLAIN, Buffer.alloc(36), { levels: Buffer.of(0, 1) })] },
  'levels longer than the page': { pages: [[{ 1: 0, 2: 5, 3: 5, 5: { 1: 1, 2: 0, 3: 3, 4: 3 } }, Buffer.of(255, 255, 255, 255, 0)]] },
  'more values than rows': { pages: [dataPage(huge, PLAIN, Buffer.alloc(4))] },
  'fewer values than rows': { rows: 9, pages: [dataPage(3, PLAIN, Buffer.alloc(12))] },
  'values cut': { rows: 9, pages: [dataPage(9, PLAIN, Buffer.alloc(35))] },
  'a negative number of values': { pages: [dataPage(-1, PLAIN, Buffer.alloc(4), { levels: Buffer.of(2, 1) })] },
  'pages without values': { pages: Array.from({ length: 1_000 }, () => dataPage(0, PLAIN, Buffer.alloc(0))) },
  'an index without a dictionary': { type: BYTE_ARRAY, pages: [dataPage(1, DICTIONARY, Buffer.of(1, 2, 0))] },
  'an index beyond the dictionary': { type: BYTE_ARRAY, pages: [dictionaryPage(1, text('CNGGZ')), dataPage(1, DICTIONARY, Buffer.of(8, 2, 1))] },
  'indexes of 32 bits': { type: BYTE_ARRAY, pages: [dictionaryPage(1, text('CNGGZ')), dataPage(1, DICTIONARY, Buffer.of(32, 2, 0, 0, 0, 0))] },
  'a dictionary of more values than bytes': { type: BYTE_ARRAY, pages: [dictionaryPage(huge, text('CNGGZ')), dataPage(1, DICTIONARY, Buffer.of(0))] },
  'two dictionaries': { type: BYTE_ARRAY, pages: [dictionaryPage(1, text('CNGGZ')), dictionaryPage(1, text('CNGGZ')), dataPage(1, DICTIONARY, Buffer.of(0))] },
  'a text longer than its page': { type: BYTE_ARRAY, pages: [dataPage(1, PLAIN, Buffer.of(255, 255, 255, 255, 65))] },
  'a negative block of differences': { rows: 9, pages: [dataPage(9, DELTA, delta(2 ** 32 - 16, 1, 9, 0))] },
  'a block of no differences': { rows: 9, pages: [dataPage(9, DELTA, delta(0, 1, 9, 0))] },
  'no miniblocks': { rows: 9, pages: [dataPage(9, DELTA, delta(128, 0, 9, 0))] },
  'differences of 65 bits': { type: INT64, rows: 9, pages: [dataPage(9, DELTA, Buffer.concat([delta(128, 1, 9, 0).subarray(0, 5), Buffer.of(0, 65), Buffer.alloc(2_000)]))] },
  'fewer differences than values': { rows: 9, pages: [dataPage(9, DELTA, delta(128, 4, 2, 0))] },
  'a prefix of no value': { type: BYTE_ARRAY, pages: [dataPage(1, DELTA_BYTES, Buffer.concat([delta(128, 1, 1, 20).subarray(0, 5), delta(128, 1, 1, 2)]))] },
  'a page that claims 2 GiB': { codec: 6, pages: [dataPage(1, PLAIN, Buffer.alloc(4), { header: { 2: huge } })], code: 'page_too_large' },
  'a page that claims less than it decodes to': { codec: 6, pages: [dataPage(1, PLAIN, Buffer.alloc(4), { stored: zstdCompressSync(Buffer.alloc(2 ** 26)).subarray(0, 1_000) })] },
  'an unknown codec': { codec: 3, pages: [dataPage(1, PLAIN, Buffer.alloc(4))], code: 'parquet_feature' },
  'an unknown encoding': { pages: [dataPage(1, 77, Buffer.alloc(4))], code: 'parquet_feature' },
  'levels of bits': { pages: [dataPage(1, PLAIN, Buffer.alloc(4), { header: { 5: { 1: 1, 2: 0, 3: 4, 4: 4 } } })], code: 'parquet_feature' },
  'a page longer than its column': { pages: [dataPage(1, PLAIN, Buffer.alloc(4), { header: { 3: 1_000 } })] },
  'a page of a negative length': { pages: [dataPage(1, PLAIN, Buffer.alloc(4), { header: { 3: -40 } })] },
  'a decimal of an absurd scale': { element: { 6: 5, 7: huge }, pages: [dataPage(1, PLAIN, Buffer.alloc(4))] },
  'a decimal of two scales': { element: { 6: 5, 7: 3, 10: { 5: { 1: 2, 2: 9 } } }, pages: [dataPage(1, PLAIN, Buffer.alloc(4))] },
  'a decimal of a million bytes': { type: BYTE_ARRAY, element: { 6: 5, 7: 2 }, pages: [dataPage(1, PLAIN, Buffer.concat([Buffer.of(64, 66, 15, 0), Buffer.alloc(1e6, 7)]))] },
  'a number of rows that is no integer of a double': { pages: [], footer: { 3: 2 ** 60 } },
}

for (const [name, { code = 'not_parquet', ...craft }] of Object.entries(cases)) {
  t.test(name, async t => { await t.rejects(readTable(craftFile(craft)), { code }) })
}

t.test('a page that decodes to more than it claims is not decoded to its end', async t => {
  const bomb = Buffer.concat(Array.from({ length: 512 }, () => gzipSync(Buffer.alloc(2 ** 21)))) // 1 GiB of zeros
  const rows = Math.ceil(bomb.length / 4)
  const page = dataPage(rows, PLAIN, Buffer.alloc(rows * 4), { stored: bomb })
  const before = process.resourceUsage().maxRSS
  await t.rejects(readTable(craftFile({ codec: 2, rows, pages: [page] })), { code: 'not_parquet' })
  t.ok(process.resourceUsage().maxRSS - before < 200 * 1024)
})

t.test('snappy and LZ4 that claim another length, or go beyond it', async t => {
  const [page] = [dataPage(1, PLAIN, Buffer.of(7, 0, 0, 0))[1]] // 10 bytes
  const valid: Array<[number, number[]]> = [
    [1, [10, 36, ...page]], [7, [160, ...page]], [5, [160, ...page]], [5, [0, 0, 0, 10, 0, 0, 0, 11, 160, ...page]],
  ]
  const long = Array.from({ length: 40 }, () => 65)
  const invalid: Array<[number, number[]]> = [
    [1, [11, 36, ...page]], [1, [9, 36, ...page]], [1, [10, 32, ...page.subarray(0, 9)]], [1, [10, 36, ...page.subarray(0, 9)]], [1, []],
    [1, [10, 156, ...long]], [1, [10, 0, 65, 34, 5, 0]], [1, [10, 0, 65, 34, 0, 0]], [1, [10, 0, 65, 254, 1, 0]],
    [1, [10, 252, 255, 255, 255, 127]], [1, [255, 255, 255, 255, 255, 255]],
    [7, [0x15, 65, 9, 0]], [7, [0x15, 65, 0, 0]], [7, [0x1f, 65, 1, 0, ...Array.from({ length: 900 }, () => 255)]], [7, [0x1f, 65, 1, 0, 255, 0]],
    [7, [0xf0, 25, ...long]], [7, [0xff, 255]], [7, [0x10, 65, 9]], [7, []], [7, [144, ...page.subarray(0, 9)]],
    [5, [0, 0, 0, 10, 0, 0, 0, 2, 0x10, 65]],
  ]
  const file = (codec: number, stored: number[]): Buffer => {
    return craftFile({ codec, pages: [dataPage(1, PLAIN, Buffer.alloc(4), { stored: Buffer.from(stored) })] })
  }
  for (const [codec, stored] of valid) t.strictSame((await readTable(file(codec, stored))).rows, [[7]])
  for (const [codec, stored] of invalid) {
    await t.rejects(readTable(file(codec, stored)), { code: 'not_parquet', detail: /is not valid/ }, `${codec}: ${stored.slice(0, 8)}`)
  }
})

t.test('a page of a few bytes cannot have many long values', async t => {
  const file = parquetFile('long-prefixes')
  t.ok(file.length < 2_000)
  t.equal((await readTable(file)).rows.length, 1_000)
  await t.rejects(readTable(file, { limits: { ...limits, maxRowGroupBytes: 5_000_000 } }), { code: 'row_group_too_large' })
})

t.test('absurd footers', async t => {
  const schema: Struct[] = [{ 4: 'root', 5: 1 }, { 1: INT32, 4: 'a' }]
  const deep = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth, 0x1c), Buffer.alloc(depth)])
  const footers: Record<string, Buffer> = {
    'a list of 2^31 elements': Buffer.concat([Buffer.of(0x29, 0xfc), varint(huge)]),
    'structures in structures': deep(1_000_000),
    'lists in lists': Buffer.concat([Buffer.of(0x99), Buffer.alloc(1_000_000, 0x19)]),
    'a text of 2^31 bytes': Buffer.concat([Buffer.of(0x68), varint(huge)]),
    'an integer without an end': Buffer.concat([Buffer.of(0x16), Buffer.alloc(1_000, 255)]),
    'no schema': thrift({ 1: 1, 3: 0, 4: [] }),
    'a schema without its columns': thrift({ 2: [{ 4: 'root', 5: 9 }, { 1: INT32, 4: 'a' }], 3: 0, 4: [] }),
    'a schema with more columns': thrift({ 2: [...schema, { 1: INT32, 4: 'b' }], 3: 0, 4: [] }),
    'a negative number of rows': thrift({ 2: schema, 3: -1, 4: [] }),
    'row groups that are numbers': thrift({ 2: schema, 3: 1, 4: [1, 2] }),
    'a row group without columns': thrift({ 2: schema, 3: 1, 4: [{ 1: [], 3: 1 }] }),
  }
  for (const [name, footer] of Object.entries(footers)) await t.rejects(readTable(wrap(Buffer.alloc(0), footer)), { code: 'not_parquet' }, name)
})
