import type { FileType } from './sniff.ts'

/** Name of each type, for the end of a sentence that begins with "The file is". */
export const fileTypeNames: Readonly<Record<FileType, string>> = {
  xlsx: 'an Excel workbook (XLSX)',
  xlsm: 'an Excel workbook with macros (XLSM)',
  xlsb: 'a binary Excel workbook (XLSB)',
  xls: 'an old Excel workbook (XLS)',
  'encrypted-workbook': 'a workbook with a password',
  ole: 'an old Excel workbook (XLS), or one with a password',
  ods: 'an OpenDocument spreadsheet (ODS)',
  numbers: 'a Numbers spreadsheet',
  document: 'a text document or a presentation',
  zip: 'a ZIP file',
  parquet: 'a Parquet file',
  gzip: 'a gzip file',
  arrow: 'an Arrow file',
  orc: 'an ORC file',
  avro: 'an Avro file',
  pdf: 'a PDF document',
  png: 'a picture (PNG)',
  jpeg: 'a picture (JPEG)',
  'utf-16': 'a text in UTF-16',
  html: 'a web page (HTML)',
  xml: 'an XML file',
  text: 'a text file',
  binary: 'a file of an unknown kind',
}
