import { zipSync } from 'fflate'
import t from 'tap'
import { defaultXlsxLimits } from '../../../../../services/ingestion-worker/rows/xlsx/xlsx-limits.ts'
import { openXlsx } from '../../../../../services/ingestion-worker/rows/xlsx/xlsx.ts'
import { bookFile, changed, readBook, refusal, withRows } from './book.ts'

const plain = bookFile('openpyxl.xlsx')
const sheetPart = 'xl/worksheets/sheet1.xml'
const values = async (bytes: Uint8Array) => Object.values((await readBook(bytes)).rows)
const row = (cells: string, attributes = ''): string => `<row${attributes}>${cells}</row>`
const text = (text: string, attributes = ''): string => `<c t="inlineStr"${attributes}><is><t>${text}</t></is></c>`

t.test('limits', async t => {
  t.equal(await refusal(plain, { limits: { maxBytes: plain.length - 1 } }), `file_too_large ${plain.length - 1} bytes`)
  t.equal(await refusal(plain, { limits: { maxEntries: 8 } }), 'too_many_entries 8')
  t.equal(await refusal(bookFile('openpyxl-two-tables.xlsx'), { limits: { maxSheets: 1 } }), 'too_many_sheets 1')
  t.equal(await refusal(plain, { limits: { maxColumns: 3 } }), 'too_many_columns 3')
  t.equal(await refusal(plain, { limits: { maxCellChars: 8 } }), 'cell_too_long 8', 'a text in its cell')
  t.equal(await refusal(bookFile('xlsxwriter.xlsx'), { limits: { maxCellChars: 8 } }), 'cell_too_long 8', 'a shared text')
  t.equal(await refusal(bookFile('xlsxwriter.xlsx'), { limits: { maxTextBytes: 60 } }), 'too_much_text 60 bytes')
  const exact = { maxBytes: plain.length, maxEntries: 9, maxSheets: 1, maxColumns: 4, maxCellChars: 9, maxUnpackedBytes: 20_000 }
  t.equal(await refusal(plain, { limits: exact }), 'not refused')
})

t.test('the limit of unpacked bytes counts what was unpacked, and a part that is read twice once', async t => {
  const big = withRows(row('<c><v>1</v></c>').repeat(100_000))
  t.ok(big.length < 30_000)
  t.equal(await refusal(big, { limits: { maxUnpackedBytes: 2_600_000 } }), 'unpacked_too_large 2.4 MiB')
  t.equal(await refusal(big, { limits: { maxUnpackedBytes: 2_630_000 } }), 'not refused')
  const lying = Buffer.from(big) // the directory says 10 bytes
  const directory = lying.lastIndexOf(sheetPart) - 46
  t.equal(lying.readUInt32LE(directory), 0x02014b50)
  lying.writeUInt32LE(10, directory + 24)
  t.equal(await refusal(lying), 'damaged_zip')
})

t.test('a text of the longest length, in every form, and one that is longer', async t => {
  const longest = '&#x10FFFF;'.repeat(16_383) + 'x'
  t.same(await values(withRows(row(text(longest)))), [['\u{10ffff}'.repeat(16_383) + 'x']])
  t.equal(await refusal(withRows(row(text(longest + 'y')))), 'cell_too_long 32767')
  t.equal(await refusal(withRows(row(text('y'.repeat(5_000_000))))), 'cell_too_long 32767')
  t.equal(await refusal(withRows(row(`<c t="str"><v>${'é'.repeat(40_000)}</v></c>`))), 'cell_too_long 32767')
  const shared = changed(bookFile('xlsxwriter.xlsx'), { 'xl/sharedStrings.xml': xml => xml.replace('orig_code', 'é'.repeat(32_768)) })
  t.equal(await refusal(shared), 'cell_too_long 32767')
})

t.test('a document type declaration in any part, also in one that is not read', async t => {
  const doctype = '<!DOCTYPE r [<!ENTITY a "aaaa">]>'
  for (const part of [sheetPart, 'xl/workbook.xml', 'xl/styles.xml', '_rels/.rels', '[Content_Types].xml', 'docProps/app.xml']) {
    t.equal(await refusal(changed(plain, { [part]: xml => xml.replace(/^(<\?xml[^>]*>)?/, `$1<!-- a --> ${doctype}`) })), 'xml_doctype', part)
  }
  t.equal(await refusal(changed(plain, { 'customXml/item1.xml': () => '\ufeff<?xml version="1.0"?><!doctype r><r/>' })), 'xml_doctype')
  t.equal(await refusal(changed(plain, { 'customXml/item1.xml': () => '<?xml version="1.0"?><r><![CDATA[<!DOCTYPE]]></r>' })), 'not refused')
  const utf16 = (xml: string) => zipSync({ 'xl/a.xml': Buffer.from(`\ufeff${xml}`, 'utf16le') })
  t.equal(await refusal(utf16('<r/>')), 'not_a_workbook a text document or a presentation')
})

t.test('macros and other packages', async t => {
  const types = (from: RegExp, to: string) => ({ '[Content_Types].xml': (xml: string) => xml.replace(from, to) })
  t.equal(await refusal(changed(plain, types(/application\/vnd[^"]*sheet\.main\+xml/, 'application/vnd.ms-excel.sheet.macroEnabled.main+xml'))), 'macro_workbook')
  t.equal(await refusal(changed(plain, types(/application\/vnd[^"]*sheet\.main\+xml/, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'))), 'not_a_workbook a text document or a presentation')
  const macroSheet = { 'xl/_rels/workbook.xml.rels': (xml: string) => xml.replace('relationships/worksheet"', 'relationships/xlMacrosheet"') }
  t.equal(await refusal(changed(plain, macroSheet)), 'macro_workbook')
  t.equal(await refusal(zipSync({ 'a.csv': Buffer.from('a') })), 'not_a_workbook a ZIP file')
  t.equal(await refusal(Buffer.from('orig_code,dest_code')), 'not_a_workbook a text file')
  t.equal(await refusal(Buffer.alloc(0)), 'not_a_workbook a text file')
  t.equal(await refusal(plain.subarray(0, -1)), 'damaged_zip')
})

t.test('names with a prefix, and the strict form', async t => {
  const expected = await values(plain)
  const prefixed = (xml: string) => xml.replace(/<(\/?)(?=[a-z])/gi, '<$1x:').replace(' xmlns=', ' xmlns:x=')
  t.same(await values(changed(plain, { [sheetPart]: prefixed, 'xl/workbook.xml': prefixed })), expected)
  const merged = bookFile('openpyxl-merged.xlsx')
  t.same(await values(changed(merged, { [sheetPart]: prefixed })), await values(merged))
  const strict = (xml: string) => xml.replaceAll('http://schemas.openxmlformats.org/officeDocument/2006/', 'http://purl.oclc.org/ooxml/officeDocument/')
    .replaceAll('http://schemas.openxmlformats.org/spreadsheetml/2006/', 'http://purl.oclc.org/ooxml/spreadsheetml/')
  t.same(await values(changed(plain, { [sheetPart]: strict, 'xl/workbook.xml': strict, '_rels/.rels': strict, 'xl/_rels/workbook.xml.rels': strict })), expected)
})

t.test('values of cells', async t => {
  t.same(await values(withRows([
    row('<c><v>1</v></c><c s="3"><v>1154.1</v></c><c><v>1.1541E3</v></c><c><v>-5</v></c><c/><c s="1"/><c><v/></c><c t="n"><v> 7</v></c>'),
    row('<c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#DIV/0!</v></c><c><v>NaN</v></c><c><v>0x10</v></c><c t="d"><v>2021-02-30</v></c><c t="d"><v>12:00</v></c>'),
    row('<c t="str"><f>A1</f><v>a</v></c><c t="str"><f>A1</f></c><c><f t="shared" si="0"/><v>2</v></c><c><f>A1</f></c><c><f>1-1</f><v>0</v></c>'),
    row(text('a&amp;b&#65;&#x42;') + '<c t="inlineStr"><is><t><![CDATA[a<b&c]]></t></is></c><c t="inlineStr"><is><r><t>a</t></r><rPh><t>b</t></rPh></is></c>'),
    row('<c r="C5"><v>3</v></c><c><v>4</v></c>', ' r="5"'),
    row('', ' r="9"') + row('<c><v>10</v></c>'),
    row('<c t="inlineStr"><v>7</v><is><t>5</t></is></c>'),
    row('<c><v>11<!-- a comment -->80</v></c><c><v><![CDATA[11]]>80.5</v></c><c><v>0.30</v></c><c><v>123456789012345678</v></c>'),
  ].join(''))), [
    [1, 1154.1, 1154.1, -5, null, null, null, 7],
    ['TRUE', 'FALSE', { fault: 'cell_error', text: '#DIV/0!' }, { fault: 'cell_error', text: 'NaN' }, { fault: 'cell_error', text: '0x10' },
      { fault: 'not_a_day', text: '2021-02-30' }, { fault: 'malformed_day', text: '12:00' }],
    ['a', null, 2, { fault: 'formula_not_computed', text: '' }, { fault: 'formula_not_computed', text: '0' }],
    ['a&bAB', 'a<b&c', 'a'],
    [null, null, 3, 4],
    [10],
    ['5'],
    [1180, 1180.5, 0.3, 123456789012345680],
  ])
  const computed = changed(withRows(row('<c><f>1-1</f><v>0</v></c>')), { 'xl/workbook.xml': xml => xml.replace(/ fullCalcOnLoad="1"/, '') })
  t.same(await values(computed), [[0]], 'a computed 0 is a value')
})

t.test('a value under a merged cell is a fault, and so are merged cells that overlap', async t => {
  const rows = row('<c><v>1</v></c><c><v>2</v></c>') + row('<c><v>3</v></c><c><v>4</v></c>') + row('<c r="B3"><v>5</v></c>')
  const merges = (...refs: string[]) => `<mergeCells>${refs.map(ref => `<mergeCell ref="${ref}"/>`).join('')}</mergeCells>`
  const covered = (text: string) => ({ fault: 'covered_value', text })
  t.same(await values(withRows(rows, merges('A1:A3'))), [[1, 2], [covered('3'), 4], [1, 5]])
  t.same(await values(withRows(rows, merges('A1:B2'))), [[1, covered('2')], [covered('3'), covered('4')], [null, 5]])
  t.equal(await refusal(withRows(rows, merges('A1:A3', 'A1:GR3'))), 'damaged_workbook')
  t.equal(await refusal(withRows(rows, merges(...Array.from({ length: 100_001 }, () => 'A1:B1')))), 'too_many_merged_cells 100000')
  const hidden = row('<c><v>7</v></c><c><v>8</v></c>', ' hidden="1"') + row('<c r="B2"><v>9</v></c>')
  t.same(await values(withRows(hidden, merges('A1:A2'))), [[7, 9]], 'the first row is hidden, the merged cell is not')
})

t.test('damaged sheets', async t => {
  for (const rows of [
    row('', ' r="2"') + row('', ' r="2"'), row('', ' r="3"') + row('', ' r="2"'), row('', ' r="x"'), row('', ' r="1048577"'),
    row('<c r="B1"/><c r="A1"/>'), row('<c r="A1"/><c r="A1"/>'), row('<c r="A2"/>'), row('<c r="1"/>'), row('<c t="x"/>'), row('<c r=A1/>'), row('<c r="A1/>'),
    row('<c t="s"><v>99</v></c>'), row('<c t="s"><v>-1</v></c>'), row('<c t="s"><v>0.5</v></c>'),
    row('<c><v>1</v><v>2</v></c>'), row('<c><v>11<x/>80</v></c>'), row('<c t="inlineStr"><is><t>5</t></is><is><t>7</t></is></c>'), row('<c>'), row('<c></v>'), row(text('&bad;')), row(text('&#0;')), row(text('&amp')), row('<c a></c>'),
    '<a>'.repeat(300), row(`<c t="${'a'.repeat(600_000)}"/>`),
  ]) t.equal(await refusal(withRows(rows)), 'damaged_workbook', rows.slice(0, 60))
  for (const part of [sheetPart, 'xl/workbook.xml']) {
    t.equal(await refusal(changed(plain, { [part]: xml => xml.slice(0, -9) })), 'damaged_workbook')
    t.equal(await refusal(changed(plain, { [part]: xml => xml + '<a/>' })), 'damaged_workbook')
    t.equal(await refusal(changed(plain, { [part]: xml => xml.replace(/^(<\?xml.*?\?>)?/, '<?xml version="1.0" encoding="windows-1252"?>') })), 'damaged_workbook')
    t.equal(await refusal(changed(plain, { [part]: () => '' })), 'damaged_workbook')
  }
})

t.test('a byte that is changed or missing: the file is read the same, or refused', async t => {
  const bytes = bookFile('xlsxwriter.xlsx')
  const expected = await values(bytes)
  for (let at = 0; at < bytes.length; at += 97) {
    const broken = Buffer.from(bytes)
    broken[at]! ^= 0xff
    if (await refusal(broken) === 'not refused') t.same(await values(broken), expected)
    t.not(await refusal(bytes.subarray(0, at)), 'not refused')
  }
})

t.test('a signal stops the reader between two chunks', async t => {
  const controller = new AbortController()
  let chunks = 0
  const opened = openXlsx(withRows(row('<c><v>1</v></c>').repeat(100_000)), {
    limits: defaultXlsxLimits, hasHeader: () => true, signal: controller.signal, between () { if (++chunks === 20) controller.abort() },
  })
  await t.rejects(opened.then(sheet => sheet.read({ row () {} })), { name: 'AbortError' })
})
