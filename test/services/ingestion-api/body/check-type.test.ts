import { strToU8, zipSync } from 'fflate'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { mediaTypes, type Format } from '../../../../lib/batch/batch.ts'
import type { FileType } from '../../../../lib/batch/content/sniff.ts'
import { parseFormat, parsePartFormat } from '../../../../services/ingestion-api/body/media.ts'
import { checkType } from '../../../../services/ingestion-api/body/check-type.ts'
import { header, ingestionApi } from '../../../harness/ingestion-api.ts'
import { chunk, head, rawRequest } from '../../../harness/raw-http.ts'

const csv = `${header}CNGGZ,EETLL,2021-01-05,100.25\n`
const ole = (stream: string): Buffer => Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600), Buffer.from(stream, 'utf16le')])
const zipOf = (entries: Record<string, string>): Buffer =>
  Buffer.from(zipSync(Object.fromEntries(Object.entries(entries).map(([name, text]) => [name, strToU8(text)])), { level: 0 }))
const magic = (hex: string): Buffer => Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(100, 0xff)])

/** The beginning of a file of each type, and the format that it has if nothing declares it. */
const files: Record<FileType, [beginning: Buffer, format: Format | null, advice: RegExp]> = {
  text: [Buffer.from(csv), 'csv', /text\/csv/],
  'utf-16': [Buffer.from(`\ufeff${csv}`, 'utf16le'), 'csv', /text\/csv|UTF-8/],
  xlsx: [zipOf({ '[Content_Types].xml': '<Types/>', 'xl/workbook.xml': '<workbook/>' }), 'xlsx', /Content-Type: application\/vnd.openxml/],
  parquet: [magic('50415231'), 'parquet', /Content-Type: application\/vnd.apache.parquet/],
  zip: [zipOf({ 'prices.csv': csv }), 'zip', /Content-Type: application\/zip/],
  xlsm: [zipOf({ 'xl/vbaProject.bin': 'x' }), null, /macros.*without macros/],
  xlsb: [zipOf({ 'xl/workbook.bin': 'x' }), null, /XLSB.*save it as Excel workbook \(XLSX\)/],
  xls: [ole('Workbook'), null, /XLS\).*save it as Excel workbook \(XLSX\)/],
  'encrypted-workbook': [ole('EncryptedPackage'), null, /password.*without a password/],
  ole: [ole('Other'), null, /save it as Excel workbook/],
  ods: [zipOf({ mimetype: 'application/vnd.oasis.opendocument.spreadsheet' }), null, /ODS.*save it as Excel/],
  numbers: [zipOf({ 'Index/Document.iwa': 'x' }), null, /Numbers.*export it/],
  document: [zipOf({ 'word/document.xml': 'x' }), null, /as a table/],
  gzip: [gzipSync(csv), null, /Content-Encoding: gzip/],
  arrow: [magic('4152524f5731'), null, /Arrow.*Parquet/],
  orc: [magic('4f5243'), null, /ORC.*Parquet/],
  avro: [magic('4f626a01'), null, /Avro.*Parquet/],
  pdf: [magic('255044462d'), null, /PDF.*as a table/],
  png: [magic('89504e470d0a1a0a'), null, /PNG.*as a table/],
  jpeg: [magic('ffd8ff'), null, /JPEG.*as a table/],
  html: [Buffer.from('<html><table><tr><td>CNGGZ'), null, /HTML.*save it as Excel/],
  xml: [Buffer.from('<?xml version="1.0"?><Workbook/>'), null, /XML.*save it as Excel/],
  binary: [magic('0001020304050607'), null, /unknown kind/],
}
/** Types that each format is read from. The parsers of text say what is wrong with a text that is no table. */
const readAs: Record<Format, FileType[]> = {
  csv: ['text', 'utf-16', 'binary'], json: ['text', 'html', 'xml', 'binary'], ndjson: ['text', 'html', 'xml', 'binary'],
  xlsx: ['xlsx', 'zip'], parquet: ['parquet'], zip: ['zip'],
}

t.test('a declared type is believed, and a file of another type is refused as what it is', async t => {
  for (const [format, types] of Object.entries(readAs) as Array<[Format, FileType[]]>) {
    for (const [type, [beginning, , advice]] of Object.entries(files) as Array<[FileType, typeof files[FileType]]>) {
      if (types.includes(type)) t.equal(checkType(format, beginning), format, `${type} as ${format}`)
      else t.throws(() => checkType(format, beginning), { code: 'malformed-body', message: advice }, `${type} as ${format}`)
    }
  }
  t.throws(() => checkType('xlsx', Buffer.from('[{}]')), { message: /a text file.*declare it with Content-Type: application\/json/ })
  t.throws(() => checkType('json', files['utf-16'][0]), { message: /UTF-16.*send it as UTF-8/ })
})

t.test('without a declaration the content decides', async t => {
  for (const [type, [beginning, format, advice]] of Object.entries(files)) {
    if (format) t.equal(checkType(null, beginning), format, type)
    else t.throws(() => checkType(null, beginning), { code: 'unsupported-media-type', message: advice, headers: { 'accept-post': /^text\/csv, / } }, type)
  }
  for (const [text, format] of [['[{"a":1}]', 'json'], ['\ufeff \n[]', 'json'], ['{"a":1}\n{}', 'ndjson'], ['"orig_code"', 'csv'], ['sep=;', 'csv'], ['', 'csv']] as const) {
    t.equal(checkType(null, Buffer.from(text)), format, text)
  }
})

t.test('the formats of Content-Type', async t => {
  for (const [format, type] of Object.entries(mediaTypes)) for (const text of [type, type.toUpperCase(), ` ${type} ; charset=utf-8`]) t.equal(parseFormat(text), format, text)
  for (const [type, format] of [
    ['application/csv', 'csv'], ['text/tab-separated-values', 'csv'], ['application/x-parquet', 'parquet'], ['application/x-zip-compressed', 'zip'],
    [undefined, null], ['', null], ['application/octet-stream', null], ['application/vnd.ms-excel', null],
    ['text/plain', undefined], ['csv', undefined], ['text/csvx', undefined], ['text/csv,text/csv', undefined], ['application/gzip', undefined],
    ['application/x-www-form-urlencoded', undefined], ['constructor', undefined], ['__proto__', undefined],
  ] as const) t.equal(parseFormat(type), format, String(type))
  for (const type of ['text/plain', 'Text/Plain; charset=utf-8', undefined]) t.equal(parsePartFormat(type), null, `${type} of a part`)
  t.equal(parsePartFormat('text/plainx'), undefined)
  t.equal(parsePartFormat('text/csv'), 'csv')
})

t.test('a request of another type: the response says what is taken and what the body looks like', async t => {
  const api = await ingestionApi(t)
  const refused = (detail: RegExp) => ({ status: 415, body: { type: '/problems/unsupported-media-type', detail } })
  for (const [type, [beginning, , advice]] of Object.entries(files)) {
    const response = await api.submit(beginning, { headers: { 'content-type': 'text/plain' } })
    t.match(response, refused(/must be text\/csv, application\/x-ndjson, .*multipart\/form-data, not "text\/plain"\. The body looks like /), type)
    t.match(response.body.detail, advice, type)
    t.equal(response.headers.get('accept-post'), [...Object.values(mediaTypes), 'multipart/form-data'].join(', '))
  }
  for (const [type, body, detail] of [
    ['application/pdf', '%PDF-1.4', /looks like a PDF document: send the prices as a table/], ['text/html', csv, /looks like a text, such as CSV: declare it/],
    ['image/gif', magic('474946383961f000'), /is declared as a picture: send the prices as a table/], ['application/msword', ole('Other'), /is declared as a text document/],
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document; x=y', files.xlsx[0], /is declared as a text document or a presentation: send/],
    ['application/pdf', gzipSync('%PDF-1.4'), /is declared as a PDF document/],
  ] as const) {
    const isGzip = type === 'application/pdf' && body[0] === 0x1f
    t.match(await api.submit(body, { headers: { 'content-type': type, ...(isGzip ? { 'content-encoding': 'gzip' } : {}) } }), refused(detail), type)
  }
  t.match(await api.submit('[1]', { headers: { 'content-type': 'text/json' } }), refused(/looks like JSON: declare it with Content-Type: application\/json/))
  t.notMatch((await api.submit(gzipSync(csv), { headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' } })).body.detail, /looks like/)
  t.match(await api.submit(readFileSync(new URL('../../../cases/sheets/prices.xlsx', import.meta.url)), { headers: { 'content-type': 'application/vnd.ms-excel' } }), { status: 202, body: { format: 'xlsx' } })

  const waiting = rawRequest(t, api.url)
  await waiting.send(head({ 'content-length': 100, 'content-type': 'text/plain', expect: '100-continue' }))
  const response = await waiting.nextResponse()
  t.match(response, { status: 415, headers: { connection: 'close' } }, 'without a byte of the body')
  t.notMatch(response.body.detail, /looks like/)
  const waitingPdf = rawRequest(t, api.url)
  await waitingPdf.send(head({ 'content-length': 100, 'content-type': 'Application/PDF', expect: '100-continue' }))
  t.match(await waitingPdf.nextResponse(), { status: 415, body: { detail: /declared as a PDF document: send the prices as a table/ } }, 'by its type')
  const slow = rawRequest(t, api.url)
  await slow.send(head({ 'transfer-encoding': 'chunked', 'content-type': 'text/plain' }))
  t.match(await slow.nextResponse(), { status: 415 }, 'a body that does not arrive')
  const started = rawRequest(t, api.url)
  await started.send(head({ 'transfer-encoding': 'chunked', 'content-type': 'text/plain' }))
  await started.send(chunk('%PDF-1.4'))
  t.match(await started.nextResponse(), { status: 415, headers: { connection: 'close' }, body: { detail: /PDF/ } }, 'from the first bytes')
  t.equal((await api.objects('incoming/')).length, 1, 'no body of a refused request remains')
})
