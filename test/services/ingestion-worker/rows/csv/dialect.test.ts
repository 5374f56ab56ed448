import t from 'tap'
import type { TextOptions } from '../../../../../services/ingestion-worker/rows/read.ts'
import { brief, read } from '../../../../harness/read-rows.ts'

const lane = (day: string, cents: number): string => `CNGGZ EETLL ${day} ${cents}`
const standard = [lane('2021-01-31', 118050)]

t.test('files that are read', async t => {
  const files: Record<string, [file: string | Buffer, ...prices: string[]]> = {
    'semicolons and a decimal comma': ['orig_code;dest_code;day;price\r\nCNGGZ;EETLL;31.01.2021;1180,50\r\n', ...standard],
    tabs: ['orig_code\tdest_code\tday\tprice\nCNGGZ\tEETLL\t2021-01-31\t1180.5\n', ...standard],
    pipes: ['orig_code|dest_code|day|price\nCNGGZ|EETLL|2021-01-31|1180.5\n', ...standard],
    'a line for Excel': ['sep=;\r\norig_code;dest_code;day;price\r\nCNGGZ;EETLL;2021-01-31;1180.5\r\n', ...standard],
    'CR alone': ['orig_code,dest_code,day,price\rCNGGZ,EETLL,2021-01-31,1180.5\r', ...standard],
    'UTF-16 with a mark': [Buffer.from('\ufefforig_code\tdest_code\tday\tprice\nCNGGZ\tEETLL\t2021-01-31\t1180.5\n', 'utf16le'), ...standard],
    'UTF-16, big end first': [Buffer.from('orig_code\tdest_code\tday\tprice\nCNGGZ\tEETLL\t2021-01-31\t1180.5\n', 'utf16le').swap16(), ...standard],
    'names of the trade': ['POL,Port of Discharge,Valid,O/F\nCNGGZ,EETLL,2021-01-31,1180.5\n', ...standard],
    'other order and case': ['PRICE (USD);Date;Destination-Code;origin code\n1180,5;2021-01-31;EETLL;CNGGZ\n', ...standard],
    'a container as the price': ['pol,pod,date,40HC\nCNGGZ,EETLL,2021-01-31,1180.5\n', ...standard],
    'titles above the header': ['Rates of Acme,,,\n"valid in ""Q1""",,,\n,,,\norig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-31,1180.5\n', ...standard],
    'an index of a data frame': [',orig_code,dest_code,day,price\n0,CNGGZ,EETLL,2021-01-31,1180.5\n1,CNGGZ,EETLL,2021-01-31,7\n', ...standard, lane('2021-01-31', 700)],
    'empty columns at the end': ['orig_code,dest_code,day,price,,\nCNGGZ,EETLL,2021-01-31,1180.5,,\n', ...standard],
    'empty values after the header ends': ['orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-31,1180.5, ,\n', ...standard],
    'spaces and marks around values': ['orig_code, dest_code ,day,price\n CNGGZ\u00a0,\ufeffEETLL,2021-01-31 , 1180.5\t\n', ...standard],
    thousands: ['orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-31,"1,180.50"\nCNGGZ,EETLL,2021-01-31,"2,310"\n', ...standard, lane('2021-01-31', 231000)],
    'a price that a later one decides': ['orig_code;dest_code;day;price\nCNGGZ;EETLL;2021-01-31;1.180\nCNGGZ;EETLL;2021-01-31;950,5\n', lane('2021-01-31', 95050), lane('2021-01-31', 118000)],
    'a price with a zero at its end, decided': ['orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-31,1.180\nCNGGZ,EETLL,2021-01-31,950.5\n', lane('2021-01-31', 95050), lane('2021-01-31', 118)],
    'days that a later one decides': ['orig_code,dest_code,day,price\nCNGGZ,EETLL,01/02/2021,1\nCNGGZ,EETLL,01/13/2021,2\n', lane('2021-01-13', 200), lane('2021-01-02', 100)],
    'days that an earlier one decides': ['orig_code,dest_code,day,price\nCNGGZ,EETLL,13/01/2021,1\nCNGGZ,EETLL,01/02/2021,2\n', lane('2021-01-13', 100), lane('2021-02-01', 200)],
    'midnight, and text of a double': ['orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-31 00:00:00,1180.4999999999998\n', ...standard],
    'a validity': ['pol,pod,valid from,valid to,rate\nCNGGZ,EETLL,30.01.2021,01.02.2021,5\n', lane('2021-01-30', 500), lane('2021-01-31', 500), lane('2021-02-01', 500)],
    'a title of labels and values': ['Valid from;01.02.2021;Valid to;28.02.2021\nPOL;CNGGZ;POD;EETLL\npol;pod;day;price\nCNGGZ;EETLL;2021-01-31;1180.5\n', ...standard],
    'a title with two ports, and one that names dollars': ['POL,CNGGZ,POD,EETLL\nRates in USD (not in EUR)\npol,pod,day,price\nCNGGZ,EETLL,2021-01-31,1180.5\n'.replace('POL,CNGGZ,POD,EETLL', 'From,CNGGZ,To,EETLL'), ...standard],
    'dollars on both sides': ['pol;pod;day;price\nCNGGZ;EETLL;2021-01-31;$1,180.50 USD\n', ...standard],
    'another encoding in a title': [Buffer.from('Preise f\xfcr Januar\norig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-31,1180.5\n', 'latin1'), ...standard],
  }
  for (const [name, [file, ...prices]] of Object.entries(files)) {
    for (const sizes of [[], [1], [7, 3]]) {
      const result = read('csv', file, undefined, sizes)
      t.same([brief(result.errors), result.prices], [[], prices], `${name} ${sizes}`)
    }
  }
})

t.test('files that are refused, with one cause', async t => {
  const files: Record<string, [file: string, ...errors: string[]]> = {
    'days with two readings': ['orig_code,dest_code,day,price\nCNGGZ,EETLL,02/02/2021,1\nCNGGZ,EETLL,01/02/2021,1\nCNGGZ,EETLL,03/02/2021,1\n', '2 day ambiguous_day 01/02/2021'],
    'prices with two readings': ['orig_code;dest_code;day;price\nCNGGZ;EETLL;2021-01-31;950\nCNGGZ;EETLL;2021-01-31;1.180\n', '2 price ambiguous_price 1.180'],
    'days of two orders': ['orig_code,dest_code,day,price\nCNGGZ,EETLL,31/01/2021,1\nCNGGZ,EETLL,01/31/2021,1\nCNGGZ,EETLL,x,y\n', '2 day contradicting_days 01/31/2021'],
    'a day with the year first among others': ['orig_code,dest_code,day,price\nCNGGZ,EETLL,31/01/2021,1\nCNGGZ,EETLL,2021-01-31,1\n', '2 day contradicting_days 2021-01-31'],
    'another order after the standard one': ['orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-31,1\nCNGGZ,EETLL,31/01/2021,1\n', '2 day malformed_day 31/01/2021'],
    'two decimal signs': ['orig_code;dest_code;day;price\nCNGGZ;EETLL;2021-01-31;1180,5\nCNGGZ;EETLL;2021-01-31;1180.5\n', '2 price contradicting_prices 1180.5'],
    'a comma after points': ['orig_code;dest_code;day;price\nCNGGZ;EETLL;2021-01-31;1180.5\nCNGGZ;EETLL;2021-01-31;1180,5\n', '2 price malformed_price 1180,5'],
    'a total': ['orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-31,1\nTotal,,,3490.50\n', '2 - totals_row'],
    'a total of fewer fields': ['orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-31,1\nSumme;,1\n'.replace(';', ''), '2 - totals_row'],
    'another container': ['pol,pod,date,20GP\nCNGGZ,EETLL,2021-01-31,1\n', '0 20GP container_column', '0 price missing_column'],
    'two columns of one meaning': ['pol,pod,date,price,rate\nCNGGZ,EETLL,2021-01-31,1,1\n', '0 rate repeated_column'],
    'unknown columns': ['pol,pod,date,price,carrier,remarks\nCNGGZ,EETLL,2021-01-31,1,x,y\n', '0 carrier unknown_column', '0 remarks unknown_column'],
    'a column without a name': ['pol,pod,date,price,\nCNGGZ,EETLL,2021-01-31,1,x\n', '1 - value_without_column'],
    'an index with a gap': [',pol,pod,date,price\n0,CNGGZ,EETLL,2021-01-31,1\n2,CNGGZ,EETLL,2021-01-31,1\n', '2 - value_without_column'],
    'a serial number': ['pol,pod,date,price\nCNGGZ,EETLL,44227,1\n', '1 day serial_day 44227'],
    'a validity without an end': ['pol,pod,valid from,price\nCNGGZ,EETLL,2021-01-31,1\n', '0 valid_to missing_column'],
    'an open validity': ['pol,pod,valid from,valid to,price\nCNGGZ,EETLL,2021-01-31,,1\n', '1 valid_to missing_value'],
    'a validity that ends before it begins': ['pol,pod,valid from,valid to,price\nCNGGZ,EETLL,2021-01-31,2021-01-30,1\n', '1 valid_to validity_order 2021-01-30'],
    'a validity of more than a year': ['pol,pod,valid from,valid to,price\nCNGGZ,EETLL,2020-12-02,2021-12-31,1\n', '1 valid_to validity_too_long 2021-12-31'],
    'another currency': ['pol,pod,date,price\nCNGGZ,EETLL,2021-01-31,€ 1180\n', '1 price other_currency € 1180'],
    'a price too large under its only reading': ['pol;pod;date;price\nCNGGZ;EETLL;2021-01-31;999.000.000\n', '1 price price_too_large 999.000.000'],
    'a validity that waits, and ends before it begins': ['pol,pod,valid from,valid to,price\nCNGGZ,EETLL,01/02/2021,01/01/2021,1\nCNGGZ,EETLL,13/01/2021,14/01/2021,1\n', '1 valid_to validity_order 2021-01-01'],
    'a validity that waits, and begins too early': ['pol,pod,valid from,valid to,price\nCNGGZ,EETLL,01/11/2020,02/12/2020,1\nCNGGZ,EETLL,13/01/2021,14/01/2021,1\n', '1 valid_from day_out_of_span 2020-11-01'],
    'the header again': ['orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-31,1\norig_code,dest_code,day,price\n', '2 - repeated_header'],
    'the header again, with other columns': ['POL;POD;Date;Rate\nCNGGZ;EETLL;31.01.2021;1\nPOL;POD;Date;Rate\n', '2 - repeated_header'],
    'the header again, with a letter beyond ASCII': ['POL;POD;Gültig ab;Gültig bis;Rate\nCNGGZ;EETLL;31.01.2021;31.01.2021;1\nPOL;POD;Gültig ab;Gültig bis;Rate\n', '2 - repeated_header'],
    'a price above the header': ['CNGGZ,EETLL,2021-01-30,1154.5\norig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-31,1\n', '0 - rows_before_header'],
    'a title with another currency': ['All rates in EUR;;;\norig_code;dest_code;day;price\nCNGGZ;EETLL;2021-01-31;1\n', '0 - other_currency All rates in EUR;;;'],
    'a header of too many names': [`${'pol,'.repeat(1_000)}pod\n`, '0 - no_header'],
    'an undecided price that is too large in the end': ['pol;pod;date;price\nCNGGZ;EETLL;2020-12-01;1.180\nCNGGZ;EETLL;2021-01-31;1.185\nCNGGZ;EETLL;2021-01-31;1.5\n', '2 price price_decimals 1.185'],
  }
  for (const [name, [file, ...errors]] of Object.entries(files)) {
    for (const sizes of [[], [1]]) t.same(brief(read('csv', file, undefined, sizes).errors), errors, `${name} ${sizes}`)
  }
})

t.test('what a profile declares holds against the first row, too', async t => {
  const declared = (options: Partial<TextOptions>, file: string): string[] => brief(read('csv', file, undefined, [], { maxDays: 366, ...options }).errors)
  const rows = (...lines: string[]): string => `orig_code;dest_code;day;price\n${lines.map(line => `CNGGZ;EETLL;${line}\n`).join('')}`
  t.same(declared({ dayOrder: 'month.day' }, rows('01.02.2021;5.00')), ['1 day contradicting_days 01.02.2021'])
  t.same(declared({ decimalSign: ',' }, rows('2021-01-31;1154.50', '2021-01-31;1.180')), ['1 price contradicting_prices 1154.50'])
  t.same(declared({ decimalSign: '.' }, rows('2021-01-31;5', '31/01/2021;5')), ['2 day malformed_day 31/01/2021'])
  t.same(declared({ ignored: new Set(['remark']) }, 'orig_code,dest_code,day,price,remark\nCNGGZ,EETLL,2021-01-31,1180,50,\n'), ['1 - field_count'])
  const withDays = (...lines: string[]): string => `orig_code,dest_code,day,price,free days\n${lines.map(line => `CNGGZ,EETLL,2021-01-31,${line}\n`).join('')}`
  const ignored = new Set(['free days'])
  t.same(declared({ ignored }, withDays('1180,14', '1180,9')), ['1 price ambiguous_price 1180'])
  t.same(declared({ ignored }, withDays('1180,14', '1180.5,9')), [], 'a price shows the sign')
  t.same(declared({ ignored, decimalSign: '.' }, withDays('1180,14')), [])
  t.same(declared({ ignored }, withDays('1180,', '1180,14 days')), [])
})
