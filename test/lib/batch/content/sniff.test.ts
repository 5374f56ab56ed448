import { zipSync } from 'fflate'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { sniff } from '../../../../lib/batch/content/sniff.ts'

const file = (name: string): Buffer => readFileSync(join(import.meta.dirname, '../../../cases/workbooks', name))

t.test('workbooks and what spreadsheet programs write beside them', async t => {
  for (const [name, type] of Object.entries({
    'openpyxl.xlsx': 'xlsx', 'poi-sxssf.xlsx': 'xlsx', 'xlsxwriter-zip64.xlsx': 'xlsx', 'libreoffice.xlsx': 'xlsx', 'gnumeric.xlsx': 'xlsx', 'polars.xlsx': 'xlsx',
    'xlsxwriter-macros.xlsm': 'xlsm', 'sheetjs-xlsb.xlsb': 'xlsb', 'msoffcrypto-encrypted.xlsx': 'encrypted-workbook', 'xlwt.xls': 'xls',
    'sheetjs-xls.xls': 'xls', 'sheetjs-biff2.xls': 'xls', 'sheetjs-biff5.xls': 'xls', 'pandas-html.xls': 'html', 'sheetjs-html.xls': 'html',
    'sheetjs-xlml.xml': 'xml', 'sheetjs-fods.fods': 'xml', 'libreoffice.ods': 'ods', 'sheetjs-ods.ods': 'document',
  })) t.equal(sniff(file(name)), type, name)
})

t.test('the first kilobyte has the type of most files', async t => {
  for (const name of ['openpyxl.xlsx', 'poi-sxssf.xlsx', 'libreoffice.xlsx', 'xlsxwriter.xlsx']) t.equal(sniff(file(name).subarray(0, 1024)), 'xlsx', name)
  for (const name of ['msoffcrypto-encrypted.xlsx', 'xlwt.xls']) t.equal(sniff(file(name).subarray(0, 1024)), 'ole', name)
})

t.test('a ZIP file is one whatever is in it', async t => {
  const csv = Buffer.from('a,b\n1,2\n')
  t.equal(sniff(zipSync({ 'prices.csv': csv })), 'zip')
  t.equal(sniff(zipSync({ 'prices.xlsx': [file('openpyxl.xlsx'), { level: 0 }] })), 'zip', 'a stored workbook')
  t.equal(sniff(zipSync({})), 'zip')
  t.equal(sniff(zipSync({ 'word/document.xml': csv })), 'document')
})

t.test('other types', async t => {
  for (const [type, bytes] of [
    ['parquet', 'PAR1\x15\x04'], ['parquet', 'PARE'], ['gzip', '\x1f\x8b\x08'], ['arrow', 'ARROW1\0\0'], ['arrow', '\xff\xff\xff\xff\x10'], ['orc', 'ORC\x08'],
    ['avro', 'Obj\x01'], ['pdf', '%PDF-1.7'], ['png', '\x89PNG\r\n\x1a\n'], ['jpeg', '\xff\xd8\xff\xe0'], ['utf-16', '\xff\xfea\0'], ['utf-16', '\xfe\xff\0a'],
    ['utf-16', 'a\0b\0'], ['utf-16', '\0a\0b'], ['html', '<!DOCTYPE html>'], ['html', '\xef\xbb\xbf\r\n<HTML>'], ['html', '<meta a>'],
    ['html', '<?xml version="1.0"?><html>'], ['html', 'MIME-Version: 1.0\r\n'], ['xml', '<?xml version="1.0"?><a/>'], ['binary', 'abc\0'],
    ['text', 'orig_code,dest_code\n'], ['text', '[{"a":1}]'], ['text', ''], ['text', 'P'], ['text', 'PK,a'], ['text', '\xef\xbb\xbfa'], ['text', '\r\n'],
  ] as const) t.equal(sniff(Buffer.from(bytes, 'latin1')), type, JSON.stringify(bytes))
})
