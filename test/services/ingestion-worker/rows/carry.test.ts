// The places where a file is cut into chunks make no difference.
import t from 'tap'
import type { RowFormat } from '../../../../services/ingestion-worker/rows/read.ts'
import { good, goodObject, header, read, rules, rulesWith } from '../../../harness/read-rows.ts'

const row = JSON.stringify(goodObject)
const unusual = [
  row,
  JSON.stringify({ ...goodObject, orig_code: 'Łódź"\\\n😀' }),
  '{"day":"2021-01-31","price":"5","dest_code":"EETLL","orig_code":"\\u0043NGGZ"}',
  '{"x":[{"y":"]}\\\\"},"\\""],"price":{}}',
  '{"price":05}',
  JSON.stringify({ x: '\\"'.repeat(60) + '[{'.repeat(60) }), // longer than the limit below
  ' ' + row + ' ',
]
const files: Record<string, [RowFormat, string | Buffer]> = {
  'CSV with every feature': ['csv', '\ufeff' + header.replace('\n', '\r\n') + good + [
    '"CNGGZ","EETLL","2021-01-31","12.50"',
    '"CN""Z",EETLL,"2021-\r\n01-31",""""',
    'Łódź,😀,2021-02-30,1.234',
    '',
    'CNGGZ,EETLL',
    '"CNGGZ"x,EETLL,2021-01-31,7',
    'x'.repeat(150),
    `"${'\n"",'.repeat(40)}",x`,
    'noosl,gbfx2,2021-12-31,0.01',
    'CNGGZ,"EETLL,2021-01-31,1',
    ...Array.from({ length: 8 }, () => good.trimEnd()),
    'CNGGZ,EETLL,2021-01-31,"9"',
  ].join('\r\n')],
  'CSV that ends in an open quote': ['csv', header + good + '"a\r\n' + good + '"b""\n\n"c"\r'],
  'CSV that is not UTF-8': ['csv', Buffer.concat([Buffer.from(header), Buffer.from([0xf0, 0x9f, 0x98, 0x2c, 0xff, 0x0a]), Buffer.from(good)])],
  'CSV with a bad header': ['csv', '\ufefforig_code;"Łódź";"day"\r\n' + good],
  'CSV without header': ['csv', '\r\n\n'],
  'NDJSON with every feature': ['ndjson', '\ufeff' + unusual.join('\r\n') + '\n\n \r\n' + row],
  'JSON with every feature': ['json', '\ufeff [' + unusual.join(' ,\n') + ',5,"]\\"",[1,[2]],null\n] \r\n'],
  'JSON with an unfinished array': ['json', `[${row},\n{"day":"`],
  'JSON followed by other text': ['json', `[${row}] x`],
  'JSON, two bytes': ['json', '[]'],
}

for (const [name, [format, file]] of Object.entries(files)) {
  t.test(name, async t => {
    for (const given of [rules, rulesWith({ maxRowBytes: 100 }), rulesWith({ maxRows: 3 })]) {
      const inOneChunk = read(format, file, given)
      t.ok(inOneChunk.rowsSeen > 0 || inOneChunk.errors.length > 0)
      t.same(read(format, file, given, [1]), inOneChunk, 'byte by byte')
      const { length } = Buffer.from(file as Buffer)
      for (let cut = 1; cut < length; cut++) {
        const cutInTwo = read(format, file, given, [cut, length])
        if (JSON.stringify(cutInTwo) !== JSON.stringify(inOneChunk)) t.same(cutInTwo, inOneChunk, `cut at ${cut}`)
      }
      let seed = 20_210_131
      for (let round = 0; round < 200; round++) {
        const sizes = Array.from({ length: 7 }, () => 1 + (seed = seed * 48_271 % 0x7fffffff) % (1 + round))
        const cutAnyhow = read(format, file, given, sizes)
        if (JSON.stringify(cutAnyhow) !== JSON.stringify(inOneChunk)) t.same(cutAnyhow, inOneChunk, `cut into ${sizes.join(', ')}, repeated`)
      }
    }
  })
}

t.test('a file much larger than a chunk', async t => {
  const bytes = Buffer.from(header + (good + '"CNGGZ","EETLL","2021-01-31","12.50"\r\n' + 'x,y\n').repeat(5000))
  const inOneChunk = read('csv', bytes)
  t.same([inOneChunk.prices.length, inOneChunk.errors.length, inOneChunk.rowsSeen], [10_000, 5000, 15_000])
  for (const sizes of [[1000], [65_535], [65_536], [65_537], [7, 100_000]]) t.same(read('csv', bytes, rules, sizes), inOneChunk, String(sizes))
})
