import { mediaTypes } from '../batch.ts'
import { fileTypeNames } from './file-type-names.ts'
import { sniff, type FileType } from './sniff.ts'

const declare = (type: string): string => `: declare it with Content-Type: ${type} (content_type of an upload)`

const saveAsWorkbook = ': open it, and save it as Excel workbook (XLSX)'
const sendTable = ': send the prices as a table, XLSX or CSV'

const advice: Partial<Record<FileType, string>> = {
  gzip: ': declare it with Content-Encoding: gzip (content_encoding of an upload)',
  'utf-16': ': send it as UTF-8',
  xlsx: declare(mediaTypes.xlsx),
  parquet: declare(mediaTypes.parquet),
  zip: declare(mediaTypes.zip),
  xlsm: ': save it without macros, as Excel workbook (XLSX)',
  xlsb: saveAsWorkbook,
  xls: saveAsWorkbook,
  'encrypted-workbook': ': save it without a password',
  ole: ': save it as Excel workbook (XLSX), without a password',
  ods: saveAsWorkbook,
  numbers: ': export it as Excel workbook (XLSX) or CSV',
  html: saveAsWorkbook,
  xml: saveAsWorkbook,
  document: sendTable,
  pdf: sendTable,
  png: sendTable,
  jpeg: sendTable,
  arrow: ': send it as Parquet or CSV',
  orc: ': send it as Parquet or CSV',
  avro: ': send it as Parquet or CSV',
}

/** Returns what to do with a file of a type that is declared as another, to be put behind its name; an empty text if it cannot be read at all. */
export const adviceForType = (type: FileType): string => advice[type] ?? ''

/** Returns the type of a file that is no UTF-8 text, with advice; null for a text, and for bytes that give no evidence. */
export function guessFileType (bytes: Uint8Array): string | null {
  const type = sniff(bytes)
  return type === 'text' || type === 'binary' || type === 'html' || type === 'xml' ? null : `it is ${fileTypeNames[type]}${adviceForType(type)}`
}
