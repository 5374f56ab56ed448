import { zipSync, type Zippable } from 'fflate'
import t from 'tap'
import { FileRefused } from '../../../../../services/ingestion-worker/rows/file-refused.ts'
import { openSingleFile, type ZipLimits } from '../../../../../services/ingestion-worker/rows/zip/single-file.ts'
import { bookFile } from '../xlsx/book.ts'

const limits: ZipLimits = { maxBytes: 1_000_000, maxUnpackedBytes: 10_000_000, maxEntries: 5 }
const csv = Buffer.from('orig_code,dest_code,day,price\n')
const LOCAL_HEADER = Buffer.from('PK\x03\x04')
const DIRECTORY_HEADER = Buffer.from('PK\x01\x02')

/** Returns the type and the content of the file in a zip, or the code that the zip is refused with. */
async function read (bytes: Uint8Array, changed: Partial<ZipLimits> = {}): Promise<string> {
  try {
    const { type, content } = await openSingleFile(bytes, { ...limits, ...changed })
    return `${type} ${Buffer.concat(await Array.fromAsync(content))}`
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error
    return error.detail === undefined ? error.code : `${error.code} ${error.detail}`
  }
}

/** Returns a zip with some bytes of a header overwritten. */
function patched (files: Zippable, header: Buffer, offset: number, ...bytes: number[]): Buffer {
  const zip = Buffer.from(zipSync(files))
  zip.set(bytes, zip.indexOf(header) + offset)
  return zip
}

t.test('the only file, whatever its name, packed or stored', async t => {
  t.equal(await read(zipSync({ '../../etc/x.exe': csv })), `text ${csv}`)
  t.equal(await read(zipSync({ 'a.csv': [csv, { level: 0 }] })), `text ${csv}`)
  t.equal(await read(zipSync({ 'a/': new Uint8Array(0), 'a/b.csv': csv, '__MACOSX/a/._b.csv': csv, 'a/.DS_Store': csv, 'a/Thumbs.db': csv })), `text ${csv}`)
  t.equal(await read(zipSync({ 'a.csv': new Uint8Array(0) })), 'text ')
  const long = Buffer.from(Array.from({ length: 100_000 }, (_, at) => `${at}\n`).join(''))
  t.equal(await read(zipSync({ 'a.csv': long })), `text ${long}`)
  t.equal(await read(zipSync({ 'a.csv': [long, { level: 0 }] })), `text ${long}`)
  t.match(await read(zipSync({ 'a.csv': bookFile('openpyxl.xlsx') })), /^xlsx PK/, 'a workbook in a zip')
})

t.test('not exactly one file', async t => {
  t.equal(await read(zipSync({})), 'not_one_file 0')
  t.equal(await read(zipSync({ 'a/': new Uint8Array(0) })), 'not_one_file 0')
  t.equal(await read(zipSync({ 'a.csv': csv, 'b.csv': csv })), 'not_one_file 2')
  t.equal(await read(zipSync({ 'a.csv': zipSync({ 'b.csv': csv }) })), 'zip_in_zip')
})

t.test('limits', async t => {
  const zip = zipSync({ 'a.csv': Buffer.alloc(10_000_001) })
  t.equal(await read(zip), 'unpacked_too_large 9.5 MiB')
  t.equal(await read(zipSync({ 'a.csv': [Buffer.alloc(900_000), { level: 0 }] }), { maxUnpackedBytes: 899_999 }), 'unpacked_too_large 899999 bytes')
  t.equal(await read(zip, { maxBytes: zip.length - 1 }), `file_too_large ${zip.length - 1} bytes`)
  t.equal(await read(zipSync(Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`${at}`, csv])))), 'too_many_entries 5')
})

t.test('a directory that differs from the content', async t => {
  const files = { 'a.csv': Buffer.alloc(100_000) }
  t.equal(await read(patched(files, DIRECTORY_HEADER, 24, 10, 0, 0, 0)), 'damaged_zip', 'a longer file than claimed')
  t.equal(await read(patched(files, DIRECTORY_HEADER, 24, 0xff, 0xff, 0xff, 0)), 'damaged_zip', 'a shorter one')
  t.equal(await read(patched(files, DIRECTORY_HEADER, 16, 1, 2, 3, 4)), 'damaged_zip', 'another CRC')
  t.equal(await read(patched(files, DIRECTORY_HEADER, 20, 5, 0, 0, 0)), 'damaged_zip', 'cut')
  t.equal(await read(patched(files, DIRECTORY_HEADER, 20, 0xff, 0xff, 0, 0)), 'damaged_zip', 'beyond the file')
  t.equal(await read(patched(files, DIRECTORY_HEADER, 42, 0xff, 0xff, 0xff, 0)), 'damaged_zip', 'nowhere')
  t.equal(await read(patched(files, DIRECTORY_HEADER, 46, 0x62)), 'damaged_zip', 'another name')
  t.equal(await read(patched(files, LOCAL_HEADER, 30, 0x62)), 'damaged_zip', 'another name')
  const twice = patched({ 'a.csv': csv, 'b.csv': csv }, DIRECTORY_HEADER, 46, 0x62)
  twice[LOCAL_HEADER.length + 26] = 0x62
  t.equal(await read(twice), 'damaged_zip', 'two files of one name')
  t.equal(await read(patched({ 'a.csv': Buffer.alloc(900_000) }, DIRECTORY_HEADER, 24, 10, 0, 0, 0), { maxUnpackedBytes: 500_000 }), 'damaged_zip', 'not unpacked further')
  t.equal(await read(patched(files, LOCAL_HEADER, 40, 0xff, 0xff)), 'damaged_zip', 'no deflate')
})

t.test('encrypted files, and rare methods', async t => {
  t.equal(await read(patched({ 'a.csv': csv }, DIRECTORY_HEADER, 8, 1)), 'encrypted_zip')
  t.equal(await read(patched({ 'a.csv': csv }, DIRECTORY_HEADER, 10, 14)), 'zip_method', 'LZMA')
})

t.test('a cut zip, and a comment after the directory', async t => {
  t.equal(await read(zipSync({ 'a.csv': csv }, { comment: 'PK\x05\x06 a comment' })), `text ${csv}`)
  const zip = zipSync({ 'a.csv': csv })
  for (let at = 0; at < zip.length; at++) t.equal(await read(zip.subarray(0, at)), 'damaged_zip')
})
