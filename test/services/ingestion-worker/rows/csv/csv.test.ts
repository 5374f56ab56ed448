import t from 'tap'
import { cpuMs } from '../../../../harness/cpu.ts'
import { brief, good, goodPrice, header, read, rules, rulesWith } from '../../../../harness/read-rows.ts'

t.test('dialects of the same file', async t => {
  const files: Record<string, string> = {
    plain: header + good,
    'no final line end': (header + good).trimEnd(),
    CRLF: (header + good).replaceAll('\n', '\r\n'),
    'CRLF, no final line end': (header + good).trimEnd().replaceAll('\n', '\r\n'),
    'CRLF cut in two at the end of the file': (header + good).trimEnd().replaceAll('\n', '\r\n') + '\r',
    'mixed line ends': header.replace('\n', '\r\n') + good,
    semicolons: (header + good).replaceAll(',', ';'),
    'byte order mark': '\ufeff' + header + good,
    'byte order mark and quotes': '\ufeff' + (header + good).replaceAll(/[^,\n]+/g, '"$&"'),
    'other order': 'price,day,dest_code,orig_code\n1154.50,2021-01-31,EETLL,CNGGZ\n',
    quoted: (header + good).replaceAll(/[^,\n]+/g, '"$&"'),
    'quoted, CRLF': (header + good).replaceAll(/[^,\n]+/g, '"$&"').replaceAll('\n', '\r\n'),
    'quoted, no line end': (header + good).replaceAll(/[^,\n]+/g, '"$&"').trimEnd(),
    'some quoted': header + '"CNGGZ",EETLL,"2021-01-31",1154.5\n',
    'lower case codes': header + good.toLowerCase(),
    'blank lines': '\n\r\n' + header + '\n\n' + good + '\n\r\n\n',
    'blank line with a lone CR at the end': header + good + '\r',
  }
  for (const [name, file] of Object.entries(files)) {
    t.same(read('csv', file), { prices: [goodPrice], errors: [], rowsSeen: 1, stopped: false }, name)
  }
})

t.test('every rule of a value', async t => {
  const table: Array<[row: string, ...errors: string[]]> = [
    ['CNGGZ,EETLL,2020-12-01,1'],
    ['CNGGZ,EETLL,2021-12-31,1000000.00'],
    ['CNGGZ,EETLL,2021-01-31,1000000.01', '1 price price_too_large 1000000.01'],
    ['CNGGZ,EETLL,2021-01-31,9999999999.99', '1 price price_too_large 9999999999.99'],
    ['CNGG,EETLL,2021-01-31,1', '1 orig_code malformed_port CNGG'],
    ['CNGGZ,EETL1,2021-01-31,1', '1 dest_code unknown_port EETL1'],
    ['CNGGZ,EE-LL,2021-01-31,1', '1 dest_code malformed_port EE-LL'],
    ['CNSHG,CNSGH,2021-01-31,1', '1 dest_code same_port CNSGH'],
    ['CNSGH,cnshg,2021-01-31,1', '1 dest_code same_port cnshg'],
    ['CNSHG,CNSHG,2021-01-31,1', '1 dest_code same_port CNSHG'],
    ['CNGGA,EETLA,2021-01-31,1', '1 orig_code unknown_port CNGGA', '1 dest_code unknown_port EETLA'],
    ['CNGGZ,cnggz,2021-01-31,1', '1 dest_code same_port cnggz'],
    ['CNGGA,CNGGA,2021-01-31,1', '1 orig_code unknown_port CNGGA', '1 dest_code unknown_port CNGGA'],
    ['CNGGZ,EETLL,31.01.2021,1'],
    ['CNGGZ,EETLL,2021-02-29,1', '1 day not_a_day 2021-02-29'],
    ['CNGGZ,EETLL,2020-11-30,1', '1 day day_out_of_span 2020-11-30'],
    ['CNGGZ,EETLL,2022-01-01,1', '1 day day_out_of_span 2022-01-01'],
    ['CNGGZ,EETLL,1960-01-01,1', '1 day day_out_of_span 1960-01-01'],
    ['CNGGZ,EETLL,2021-01-31,1e3', '1 price malformed_price 1e3'],
    ['CNGGZ,EETLL,2021-01-31,0', '1 price price_not_positive 0'],
    ['CNGGZ,EETLL,2021-01-31,1234.005', '1 price price_decimals 1234.005'],
    ['CNGGZ,EETLL,2021-01-31,10000000000', '1 price price_too_large 10000000000'],
    [' CNGGZ,EETLL ,2021-01-31, 1'],
    ['"",,,', '1 orig_code missing_value', '1 dest_code missing_value', '1 day missing_value', '1 price missing_value'],
    ['"","","",""', '1 orig_code missing_value', '1 dest_code missing_value', '1 day missing_value', '1 price missing_value'],
    ['CNGGZ,,2021-01-31,x', '1 dest_code missing_value', '1 price malformed_price x'],
    ['CNGGZ,EETLL,2021-01-31', '1 - field_count'],
    ['CNGGZ,EETLL,2021-01-31,1,'],
    ['CNGGZ,EETLL,2021-01-31,1, ,'],
    ['CNGGZ,EETLL,2021-01-31,1,2', '1 - field_count'],
    ['CNGGZ;EETLL;2021-01-31;1', '1 - field_count'],
    ['CNGGZ,EETLL,2021-01-31,"1,5"'],
    ['CNGGZ,EETLL,2021-01-31,"1""5"', '1 price malformed_price 1"5'],
    ['CNGGZ,EETLL,2021-01-31,""""""', '1 price malformed_price ""'],
    ['CN"GZ,EETLL,2021-01-31,1', '1 orig_code malformed_port CN"GZ'],
    ['"CNGGZ" ,EETLL,2021-01-31,1', '1 orig_code malformed_port "CNGGZ" '],
    ['"CNGGZ"x,EETLL,2021-01-31,1', '1 orig_code malformed_port "CNGGZ"x'],
    ['CNGGZ\r,EETLL,2021-01-31,1'],
    ['"CN\nGZ",EETLL,2021-01-31,1', '1 orig_code malformed_port CN\nGZ'],
    ['Łódź1,EETLL,2021-01-31,1', '1 orig_code malformed_port Łódź1'],
    ['CN\0GZ,EETLL,2021-01-31,1', '1 orig_code malformed_port CN\ufffdGZ'],
  ]
  for (const [row, ...expected] of table) {
    const { prices, errors, stopped } = read('csv', header + row + '\n')
    t.same(brief(errors), expected, JSON.stringify(row))
    t.equal(prices.length, expected.length ? 0 : 1)
    t.notOk(stopped)
  }
})

t.test('values after the doubled quotes of another column are still reported correctly', async t => {
  const { errors } = read('csv', 'price,day,orig_code,dest_code\n"1""5",2021-13-01,"a""""b",""""\n')
  t.same(brief(errors), ['1 orig_code malformed_port a""b', '1 dest_code malformed_port "', '1 day not_a_day 2021-13-01', '1 price malformed_price 1"5'])
})

t.test('doubled quotes in an unquoted value are two quotes', async t => {
  t.same(brief(read('csv', header + '"a""b",EETLL,2021-01-31,1\na""b,EETLL,2021-01-31,1\n').errors), [
    '1 orig_code malformed_port a"b', '2 orig_code malformed_port a""b',
  ])
})

t.test('text that is not UTF-8', async t => {
  const row = Buffer.concat([Buffer.from(header + 'CN'), Buffer.from([0xff, 0xc3]), Buffer.from('Z,EETLL,2021-01-31,1\n' + good)])
  const { prices, errors } = read('csv', row)
  t.same(brief(errors), ['1 orig_code not_utf8 CN\ufffd\ufffdZ'])
  t.equal(prices.length, 1)
})

t.test('headers', async t => {
  const table: Array<[header: string, ...errors: string[]]> = [
    ['', '0 - no_header'],
    ['\n\r\n', '0 - no_header'],
    ['CNGGZ,EETLL,2021-01-31,1154.50\n', '0 - no_header'],
    ['orig_code,dest_code,day\n', '0 price missing_column'],
    ['orig_code,dest_code,day,price,currency\n', '0 currency unknown_column'],
    ['orig_code,dest_code,day,price,day\n', '0 day repeated_column'],
    ['day\n', '0 orig_code missing_column', '0 dest_code missing_column', '0 price missing_column'],
    ['orig_code;dest_code;day,price\n', '0 day,price unknown_column', '0 day missing_column', '0 price missing_column'],
    ['__proto__,orig_code,dest_code,day,price\n', '0 __proto__ unknown_column'],
  ]
  for (const [text, ...expected] of table) {
    for (const file of [text + good, text.trimEnd()]) {
      if (text.trim() === '' && file !== '') continue
      const { prices, errors, rowsSeen, stopped } = read('csv', file)
      t.same([brief(errors), prices, rowsSeen, stopped], [expected, [], 0, true], JSON.stringify(file))
    }
  }
  t.same(brief(read('csv', header).errors), ['0 - no_rows'])
  t.same(brief(read('csv', header.trimEnd()).errors), ['0 - no_rows'])
  t.equal(read('csv', 'day,' + 'x,'.repeat(10_000) + '\n').errors.length, 16, 'a header of thousands of columns is shortened in the report')
})

t.test('a thousand bad rows among good rows are all reported, and the good rows are read', async t => {
  const rows = Array.from({ length: 3000 }, (_, at) => at % 3 === 1 ? `CNGGZ,EETLL,2021-01-31,${at}.123\n` : good)
  const { prices, errors, rowsSeen } = read('csv', header + rows.join(''))
  t.equal(prices.length, 2000)
  t.equal(rowsSeen, 3000)
  t.same(errors.map(error => error.row), Array.from({ length: 1000 }, (_, at) => at * 3 + 2))
  t.same(errors[0], {
    row: 2,
    column: 'price',
    value: '1.123',
    code: 'price_decimals',
    message: 'A price has at most two decimals',
    original: 'CNGGZ,EETLL,2021-01-31,1.123',
  })
})

t.test('blank lines do not count as rows', async t => {
  t.same(brief(read('csv', `${header}\n${good}\r\n\nx\n${good}`).errors), ['2 - field_count'])
})

t.test('too many rows stop the read', async t => {
  const exact = read('csv', header + good + 'x\n', rulesWith({ maxRows: 2 }))
  t.same([exact.prices.length, brief(exact.errors), exact.stopped], [1, ['1 - field_count'].map(text => text.replace('1', '2')), false])
  const { prices, errors, rowsSeen, stopped } = read('csv', header + good.repeat(5), rulesWith({ maxRows: 2 }))
  t.same([prices.length, brief(errors), rowsSeen, stopped], [2, ['0 - too_many_rows'], 2, true])
  t.equal(errors[0]!.message, 'A file has at most 2 rows')
})

t.test('a row that is too long affects no other row', async t => {
  const tight = rulesWith({ maxRowBytes: 40 })
  const long = (bytes: number) => 'CNGGZ,EETLL,2021-01-31,'.padEnd(bytes, '0') + '\n'
  t.same(brief(read('csv', header + long(40) + good, tight).errors), ['1 price price_not_positive 00000000000000000'])
  const file = header + long(41) + good + long(5000) + good + long(300).trimEnd()
  t.same(brief(read('csv', file, tight).errors), ['1 - row_too_long', '3 - row_too_long', '5 - row_too_long'])
  t.equal(read('csv', file, tight).prices.length, 2)
  t.same(brief(read('csv', 'x'.repeat(50) + '\n' + good, tight).errors), ['0 - row_too_long'], 'as the header it is an error of the file')
  t.equal(read('csv', header + 'x'.repeat(70_000)).errors[0]!.original!.length, 1000)
})

t.test('an unclosed quote affects only its own line', async t => {
  const quote = 'CNGGZ,EETLL,2021-01-31,"1\n'
  const few = read('csv', header + good + quote + good + 'x\n' + good)
  t.same(brief(few.errors), ['2 - unclosed_quote', '4 - field_count'])
  t.equal(few.prices.length, 3)
  t.equal(few.errors[0]!.original, quote.trimEnd())
  const many = read('csv', header + good + quote + good.repeat(5000) + 'x\n' + good)
  t.same(brief(many.errors), ['2 - unclosed_quote', '5003 - field_count'])
  t.equal(many.prices.length, 5002)
  t.same(brief(read('csv', header + good + 'CNGGZ,EETLL,2021-01-31,"1').errors), ['2 - unclosed_quote'])
  t.same(brief(read('csv', header + '"').errors), ['1 - unclosed_quote'])
  const endless = read('csv', header + `"${'x'.repeat(70_000)}\n${good}`)
  t.same(brief(endless.errors), ['1 - row_too_long'])
  t.equal(endless.prices.length, 1)
})

t.test('many unclosed quotes take linear time', async t => {
  const start = cpuMs()
  const { errors } = read('csv', header + 'a","\n'.repeat(200_000), rules, [16_384])
  t.ok(errors.length > 100_000)
  t.ok(cpuMs() - start < 5_000)
})

t.test('a row that arrives byte by byte takes linear time', async t => {
  const start = cpuMs()
  const file = header + 'x'.repeat(400_000) + '\n' + '"' + '""'.repeat(200_000) + '"\n'
  t.same(brief(read('csv', file, rulesWith({ maxRowBytes: 1_000_000 }), [1]).errors), ['1 - field_count', '2 - field_count'])
  t.ok(cpuMs() - start < 5_000)
})

t.test('reported text is bounded, and PostgreSQL can store it', async t => {
  const { errors: [error] } = read('csv', `${header}${'😀'.repeat(150)},EETLL,2021-01-31,1\n`)
  t.equal(error!.value, '😀'.repeat(100))
  const { errors: [unusual] } = read('csv', `${header}x${'😀'.repeat(600)},EETLL,2021-01-31,1\n`)
  t.equal(unusual!.value, 'x' + '😀'.repeat(99), 'no half of a surrogate pair')
  t.equal(unusual!.original, 'x' + '😀'.repeat(499))
  const { errors: [nul] } = read('csv', `${header}\0,EETLL,2021-01-31,1\n`)
  t.equal(nul!.original, '\ufffd,EETLL,2021-01-31,1')
})

t.test('lines of separators only are blank lines, in every place', async t => {
  const twice = { prices: [goodPrice, goodPrice], errors: [], rowsSeen: 2, stopped: false }
  for (const [blank, content] of [
    [',,,\n', header + good], [',\n', header + good], [',,,,,,,\r\n', header + good], [';;;\n', (header + good).replaceAll(',', ';')],
  ] as const) {
    const [first, row] = content.split(/(?<=\n)/) as [string, string]
    const file = blank + first + blank + row + blank + blank + row + blank
    for (const sizes of [[], [1], [2, 3], [7]]) t.same(read('csv', file, rules, sizes), twice, JSON.stringify([blank, sizes]))
    t.same(read('csv', file.trimEnd()), twice, 'the last one without a line end')
  }
  t.same(brief(read('csv', `${header},,,1\n`).errors).length, 3, 'a row with one value is a row')
  t.same(brief(read('csv', `${header};;;\n`).errors), ['1 - field_count'], 'another separator than that of the header')
  t.same(brief(read('csv', `${header}"",,,\n`).errors).length, 4, 'quotes are not separators')
  t.same(brief(read('csv', header + ',,,\n'.repeat(300_000) + good, rules, [65_536]).errors), ['0 - gap_too_long'], 'bounded as blank lines are')
  t.same(brief(read('csv', `${header}${','.repeat(70_000)}\n${good}`).errors), ['1 - row_too_long'])
})

t.test('the byte order mark before or within the quotes of the first name', async t => {
  for (const mark of ['\ufeff"', '"\ufeff', '\ufeff"\ufeff']) t.same(read('csv', `${mark}orig_code",dest_code,day,price\n${good}`).prices, [goodPrice], JSON.stringify(mark))
})

t.test('invisible characters are named', async t => {
  const message = (file: string): string => read('csv', file).errors[0]!.message
  for (const [value, named] of [
    ['CN\u00a0GGZ', 'U+00A0 (no-break space)'], ['C\u200bNGGZ', 'U+200B (zero width space)'], ['CN\tGGZ', 'U+0009 (tab)'],
    ['CN\u00a0GGZ\u00ad\ufeff', 'U+00A0 (no-break space), U+00AD (soft hyphen)'], ['СNGGZ', 'U+0421'],
  ] as const) t.match(message(`${header}${value},EETLL,2021-01-31,1\n`), named, JSON.stringify(value))
  t.match(message(`${header}CNGGZ,EETLL,2021\u201101\u201131,1\n`), 'U+2011 (no-break hyphen)')
  t.match(message(`${header}CNGGZ,EETLL,2021-01-31,1\u202f1541\n`), 'U+202F (narrow no-break space)')
  t.match(message('orig_code,dest_code,day,price,a\u00a0b\n'), 'U+00A0 (no-break space)')
  t.match(message('\u200bharbour\n'), 'U+200B (zero width space)', 'a header without a known name')
  t.notMatch(message(`${header}CNGG,EETLL,2021-01-31,1\n`), 'U+')
  const { errors } = read('ndjson', JSON.stringify({ 'orig_code\u200b': 'CNGGZ', dest_code: 'EETLL', day: '2021-01-31', price: 1 }))
  t.match(errors.find(({ code }) => code === 'unknown_column')?.message, 'U+200B')
})

t.test('for a binary file the error names the detected type', async t => {
  for (const [bytes, words] of [
    [Buffer.from('1f8b0800', 'hex'), /gzip/], [Buffer.from('504b0304', 'hex'), /ZIP/], [Buffer.from('\ufefforig', 'utf16le'), /UTF-16/],
    [Buffer.from('orig_code', 'utf16le'), /UTF-16/], [Buffer.from('orig_code', 'utf16le').swap16(), /UTF-16/],
  ] as const) {
    for (const format of ['csv', 'ndjson', 'json'] as const) {
      if (format === 'csv' && String(words) === '/UTF-16/') continue
      for (const sizes of [[], [1]]) t.match(read(format, bytes, rules, sizes), { stopped: true, errors: [{ row: 0, code: 'not_utf8', message: words }] }, format)
    }
  }
})
