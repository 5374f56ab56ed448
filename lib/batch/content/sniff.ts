/** Type of a file, from its content. `ole` is an old workbook or an encrypted one whose kind is not in the bytes. */
export type FileType =
  'xlsx' | 'xlsm' | 'xlsb' | 'xls' | 'encrypted-workbook' | 'ole' | 'ods' | 'numbers' | 'document' | 'zip' | 'parquet' | 'gzip' | 'arrow' | 'orc' | 'avro' |
  'pdf' | 'png' | 'jpeg' | 'utf-16' | 'html' | 'xml' | 'text' | 'binary'

/** Types by their first bytes, in hexadecimal. */
const signatures: ReadonlyArray<[hex: string, type: FileType]> = [
  ['1f8b', 'gzip'],
  ['50415231', 'parquet'],
  ['50415245', 'parquet'], // encrypted
  ['4152524f5731', 'arrow'],
  ['ffffffff', 'arrow'], // a stream
  ['4f626a01', 'avro'],
  ['255044462d', 'pdf'],
  ['89504e470d0a1a0a', 'png'],
  ['ffd8ff', 'jpeg'],
  ['fffe', 'utf-16'],
  ['feff', 'utf-16'],
  ['09000400', 'xls'], // Excel 2, 3 and 4
  ['09000600', 'xls'],
  ['09020600', 'xls'],
  ['09040600', 'xls'],
]

/**
 * Returns the type of a file from its first bytes. The more of a zip or of an old workbook they have, the more exact is the result; some
 * kilobytes suffice for most files. Never throws.
 */
export function sniff (bytes: Uint8Array): FileType {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const head = data.toString('hex', 0, 8)
  if (/^4f5243(0|1|[89a-f])/.test(head)) return 'orc' // a text may begin with these letters
  if (/^504b(0304|0506)/.test(head)) return sniffZip(data)
  if (head === 'd0cf11e0a1b11ae1') return sniffOle(data)
  return signatures.find(([hex]) => head.startsWith(hex))?.[1] ?? sniffText(data)
}

/** Types by the name of a file in a zip. The first that matches wins. */
const zipNames: ReadonlyArray<[name: RegExp, type: FileType]> = [
  [/^xl\/vbaproject\.bin$/, 'xlsm'],
  [/^xl\/workbook\.bin$/, 'xlsb'],
  [/^xl\//, 'xlsx'],
  [/^index\/.*\.iwa$|^index\.zip$/, 'numbers'],
  [/^(word|ppt)\/|^content\.xml$/, 'document'],
  [/^(\[content_types\]\.xml|_rels\/\.rels|docprops\/.*)$/, 'xlsx'], // most likely: these stand before the others
]

function sniffZip (data: Buffer): FileType {
  const names = zipEntryNames(data)
  if (names[0] === 'mimetype' && data.includes('application/vnd.oasis.opendocument.spreadsheet')) return 'ods'
  return zipNames.find(([name]) => names.some(found => name.test(found)))?.[1] ?? 'zip'
}

const LOCAL_HEADER = 0x04034b50
const MAX_NAMES = 1_000

/** Returns the names in a zip, from its local headers. Follows their lengths, so that a zip in a zip has no say. */
function zipEntryNames (data: Buffer): string[] {
  const names: string[] = []
  for (let at = 0; names.length < MAX_NAMES && at + 30 <= data.length && data.readUInt32LE(at) === LOCAL_HEADER;) {
    const start = at + 30 + data.readUInt16LE(at + 26)
    names.push(data.toString('latin1', at + 30, start).replaceAll('\\', '/').toLowerCase())
    const content = start + data.readUInt16LE(at + 28)
    const packed = data.readUInt32LE(at + 18)
    const isUnknown = (data.readUInt16LE(at + 6) & 8) > 0 || packed === 0xffffffff // a descriptor after the content has its length
    if (isUnknown && data.readUInt16LE(at + 8) === 0) break // stored: a zip in it cannot be told from the next file
    at = isUnknown ? data.indexOf('PK\u0003\u0004', content, 'latin1') : content + packed
    if (at < 0) break
  }
  return names
}

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')

function sniffOle (data: Buffer): FileType {
  if (data.includes(utf16('EncryptedPackage'))) return 'encrypted-workbook'
  return data.includes(utf16('Workbook')) || data.includes(utf16('Book\0')) ? 'xls' : 'ole'
}

function sniffText (data: Buffer): FileType {
  const [a, b, c] = data
  if (data.length >= 4 && (a === 0) !== (b === 0) && (a === 0) === (c === 0)) return 'utf-16' // every other byte of English text is NUL
  const head = data.toString('latin1', 0, 1_024).replace(/^\xef\xbb\xbf/, '').trimStart().toLowerCase()
  if (/^(<!doctype html|<html|<head|<body|<table|<meta|mime-version:)/.test(head) || /^<[?!][^]*<html/.test(head)) return 'html'
  if (head.startsWith('<?xml') || head.startsWith('<workbook')) return 'xml'
  return head.includes('\0') ? 'binary' : 'text'
}
