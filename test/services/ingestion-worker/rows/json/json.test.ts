import t, { type Test } from 'tap'
import type { RowFormat } from '../../../../../services/ingestion-worker/rows/read.ts'
import { brief, good, goodObject, goodPrice, read, rulesWith } from '../../../../harness/read-rows.ts'

const row = JSON.stringify(goodObject)
const one = { prices: [goodPrice], errors: [], rowsSeen: 1, stopped: false }

/** Returns the good row with one value replaced by other JSON text. */
function having (key: keyof typeof goodObject, text: string): string {
  return row.replace(`"${key}":${JSON.stringify(goodObject[key])}`, `"${key}":${text}`)
}

/** Reads one row in both formats, which must give the same result. */
function readRow (t: Test, text: string) {
  const ndjson = read('ndjson', text + '\n')
  const json = read('json', `[${text}]`)
  t.same(json, ndjson, `json and ndjson agree on ${text}`)
  return ndjson
}

t.test('different forms of the same row', async t => {
  const texts = {
    plain: row,
    'other order': JSON.stringify(Object.fromEntries(Object.entries(goodObject).reverse())),
    space: row.replaceAll(/[:,{}]/g, ' $& \t'),
    'more decimals than needed': having('price', '1154.50'),
    'price as string': having('price', '"1154.5"'),
    'price as string with zeros': having('price', '"001154.50"'),
    'lower case codes': having('orig_code', '"cnggz"'),
    'escapes in a value': having('orig_code', '"\\u0043N\\u0047GZ"'),
    'escapes in a key': row.replace('"day"', '"d\\u0061y"'),
  }
  for (const [name, text] of Object.entries(texts)) t.same(readRow(t, text), one, name)
})

t.test('every rule of a value', async t => {
  const table: Array<[text: string, ...errors: string[]]> = [
    [having('price', '0.01')],
    [having('price', '1000000.00')],
    [having('price', '1000000.01'), '1 price price_too_large 1000000.01'],
    [having('price', '9999999999.99'), '1 price price_too_large 9999999999.99'],
    [having('price', '0.1')],
    [having('price', '0.30000000000000004')],
    [having('price', '5.100'), '1 price price_decimals 5.100'],
    [having('price', '1e3'), '1 price malformed_price 1e3'],
    [having('price', '1E+2'), '1 price malformed_price 1E+2'],
    [having('price', '10000000000'), '1 price price_too_large 10000000000'],
    [having('price', '9'.repeat(400)), `1 price price_too_large ${'9'.repeat(200)}`],
    [having('price', '0'), '1 price price_not_positive 0'],
    [having('price', '-0'), '1 price price_not_positive -0'],
    [having('price', '-5.5'), '1 price price_not_positive -5.5'],
    [having('price', '"1e3"'), '1 price malformed_price 1e3'],
    [having('price', '" 5"'), '1 price malformed_price  5'],
    [having('price', '""'), '1 price missing_value'],
    [having('price', 'null'), '1 price missing_value'],
    [having('price', 'true'), '1 price wrong_type true'],
    [having('price', '[5]'), '1 price wrong_type [5]'],
    [having('price', '{"usd":5}'), '1 price wrong_type {"usd":5}'],
    [having('day', '20210131'), '1 day wrong_type 20210131'],
    [having('day', 'null'), '1 day missing_value'],
    [having('day', '"2021-02-30"'), '1 day not_a_day 2021-02-30'],
    [having('day', '"2021-01-31T00:00:00Z"'), '1 day malformed_day 2021-01-31T00:00:00Z'],
    [having('orig_code', '5'), '1 orig_code wrong_type 5'],
    [having('orig_code', '["CNGGZ"]'), '1 orig_code wrong_type ["CNGGZ"]'],
    [having('orig_code', '"CN\\nGZ"'), '1 orig_code malformed_port CN\nGZ'],
    [having('orig_code', '"\\ud800"'), '1 orig_code malformed_port \ufffd'],
    [having('orig_code', '"\\u0000"'), '1 orig_code malformed_port \ufffd'],
    [having('dest_code', '"CNGGZ"'), '1 dest_code same_port CNGGZ'],
    ['{}', '1 orig_code missing_value', '1 dest_code missing_value', '1 day missing_value', '1 price missing_value'],
    ['{ }', '1 orig_code missing_value', '1 dest_code missing_value', '1 day missing_value', '1 price missing_value'],
    [row.replace('"price":1154.5', '"price":"x","day":5'), '1 day repeated_column', '1 price malformed_price x'],
    [row.replace('}', ',"price":1}'), '1 price repeated_column'],
    [row.replace('}', ',"currency":"USD"}'), '1 currency unknown_column'],
    [row.replace('"day"', '"Day"'), '1 Day unknown_column', '1 day missing_value'],
    [row.replace('"day"', '"daz"'), '1 daz unknown_column', '1 day missing_value'],
    [row.replace('}', ',"__proto__":{"price":5}}'), '1 __proto__ unknown_column'],
    [row.replace('}', ',"constructor":null,"toString":1}'), '1 constructor unknown_column', '1 toString unknown_column'],
    [`{${'"x":1,'.repeat(500)}"y":{}}`, ...Array.from({ length: 16 }, () => '1 x unknown_column')],
    ['null', '1 - not_an_object'],
    ['5', '1 - not_an_object'],
    ['"x"', '1 - not_an_object'],
    ['[1,2]', '1 - not_an_object'],
    ['[' + row + ']', '1 - not_an_object'],
    [having('price', '05'), '1 - malformed_json'],
    [having('price', '5.'), '1 - malformed_json'],
    [having('price', '.5'), '1 - malformed_json'],
    [having('price', '+5'), '1 - malformed_json'],
    [having('price', 'NaN'), '1 - malformed_json'],
    [having('price', ''), '1 - malformed_json'],
    [having('price', '5 5'), '1 - malformed_json'],
    [having('price', '5"x"'), '1 - malformed_json'],
    [having('orig_code', '"CN\tGZ"'), '1 - malformed_json'],
    [having('orig_code', '"CNGGZ\\x"'), '1 - malformed_json'],
    [having('orig_code', "'CNGGZ'"), '1 - malformed_json'],
    [having('orig_code', 'CNGGZ'), '1 - malformed_json'],
    [row.replace('}', ',}'), '1 - malformed_json'],
    [row.replace('{', '{,'), '1 - malformed_json'],
    [row.replace(',', ' '), '1 - malformed_json'],
    [row.replace(':', ' '), '1 - malformed_json'],
    [row.replace('"day"', 'day'), '1 - malformed_json'],
    [having('price', '['.repeat(30_000) + ']'.repeat(30_000)), `1 price wrong_type ${'['.repeat(200)}`],
  ]
  for (const [text, ...expected] of table) {
    const { prices, errors, stopped } = readRow(t, text)
    const name = text.slice(0, 150)
    t.same(brief(errors), expected, name)
    t.equal(prices.length, expected.length ? 0 : 1)
    t.notOk(stopped)
  }
})

t.test('no value of one row is mistaken for a value of another row', async t => {
  const repeated = row.replace('"price"', '"day"').replace('1154.5', '"2021-01-31"')
  t.same(brief(read('ndjson', `${row}\n${repeated}\n`).errors), ['2 day repeated_column', '2 price missing_value'])
})

t.test('text that is not UTF-8', async t => {
  const bytes = Buffer.from(having('orig_code', '"CN\xff"') + '\n' + row, 'latin1')
  const { prices, errors } = read('ndjson', bytes)
  t.same(brief(errors), ['1 - not_utf8'])
  t.equal(prices.length, 1)
})

t.test('NDJSON lines', async t => {
  const two = { prices: [goodPrice, goodPrice], errors: [], rowsSeen: 2, stopped: false }
  for (const file of [`${row}\n${row}\n`, `${row}\n${row}`, `${row}\r\n${row}\r\n`, `\ufeff${row}\n${row}`, `\n \t\r\n${row}\n\n${row}\n  `]) {
    t.same(read('ndjson', file), two, JSON.stringify(file))
  }
  t.same(brief(read('ndjson', `${row}\n${row}${row}\n{"day":\n"2021"}\n${row}`).errors), [
    '2 - malformed_json', '3 - malformed_json', '4 - malformed_json',
  ])
  for (const file of ['', '\n', ' \r\n\n', '\ufeff']) t.same(brief(read('ndjson', file).errors), ['0 - no_rows'], JSON.stringify(file))
})

t.test('JSON arrays', async t => {
  const two = { prices: [goodPrice, goodPrice], errors: [], rowsSeen: 2, stopped: false }
  for (const file of [`[${row},${row}]`, `\ufeff[${row},${row}]`, ` \n[ ${row}\r\n,\t${row} ] \n`, JSON.stringify([goodObject, goodObject], null, 2)]) {
    t.same(read('json', file), two, file)
  }
  t.same(brief(read('json', `[${row},5,"],[",[{"x":"]"}],{"a":"\\"}"},${row},x]`).errors), [
    '2 - not_an_object', '3 - not_an_object', '4 - not_an_object', '5 a unknown_column',
    ...['orig_code', 'dest_code', 'day', 'price'].map(column => `5 ${column} missing_value`), '7 - malformed_json',
  ])
})

t.test('malformed arrays stop the read', async t => {
  const table: Array<[file: string, rows: number, error: string]> = [
    ['', 0, 'no_rows'],
    [' \n', 0, 'no_rows'],
    ['[]', 0, 'no_rows'],
    ['[ \n] ', 0, 'no_rows'],
    [row, 0, 'not_an_array'],
    ['null', 0, 'not_an_array'],
    [good, 0, 'not_an_array'],
    ['[', 0, 'malformed_json'],
    [`[${row}`, 1, 'malformed_json'],
    [`[${row},`, 1, 'malformed_json'],
    [`[${row},]`, 1, 'malformed_json'],
    ['[,]', 0, 'malformed_json'],
    [`[,${row}]`, 0, 'malformed_json'],
    [`[${row},,${row}]`, 1, 'malformed_json'],
    [`[${row} ${row}]`, 1, 'malformed_json'],
    [`[${row}}]`, 1, 'malformed_json'],
    [`[${row}]]`, 1, 'malformed_json'],
    [`[${row}],`, 1, 'malformed_json'],
    [`[${row}]\n[${row}]`, 1, 'malformed_json'],
    [`[${row},${row.slice(0, -1)}`, 1, 'malformed_json'],
    [`[${row},"abc`, 1, 'malformed_json'],
    [`[${row},12`, 1, 'malformed_json'],
    ['['.repeat(500_000), 1, 'malformed_json'],
  ]
  for (const [file, rows, error] of table) {
    const { rowsSeen, errors, stopped } = read('json', file)
    t.same([rowsSeen, errors.filter(error => error.row === 0).map(error => error.code), stopped], [rows, [error], true], file.slice(0, 150))
  }
})

t.test('rows that are too long affect no other row', async t => {
  const tight = rulesWith({ maxRowBytes: row.length })
  for (const filler of ['x', '\\', '\\"', '"]}{[,', '['.repeat(9)]) {
    const long = JSON.stringify({ x: filler.repeat(500) })
    for (const [format, file] of [['ndjson', `${row}\n${long}\n${row}\n${long}`], ['json', `[${row},${long},${row},${long}]`]] as Array<[RowFormat, string]>) {
      const { prices, errors, stopped } = read(format, file, tight)
      t.same([brief(errors), prices.length, stopped], [['2 - row_too_long', '4 - row_too_long'], 2, false], `${format} ${filler}`)
    }
  }
  t.same(brief(read('json', `[${row.replace('{', '{ ')},1]`, tight).errors), ['1 - row_too_long', '2 - not_an_object'], 'by one byte')
  t.same(brief(read('ndjson', row.replace('{', '{ '), tight).errors), ['1 - row_too_long'], 'by one byte')
})

t.test('too many rows stop the read', async t => {
  for (const [format, file] of [['ndjson', `${row}\n`.repeat(5)], ['json', JSON.stringify(Array(5).fill(goodObject))]] as Array<[RowFormat, string]>) {
    const { prices, errors, rowsSeen, stopped } = read(format, file, rulesWith({ maxRows: 3 }))
    t.same([prices.length, brief(errors), rowsSeen, stopped], [3, ['0 - too_many_rows'], 3, true], format)
  }
})
