import t from 'tap'
import { cpuMs } from '../../../../harness/cpu.ts'
import * as cents from '../../../../../services/ingestion-worker/rows/values/cents.ts'
import * as days from '../../../../../services/ingestion-worker/rows/values/days.ts'
import { MALFORMED_PORT, Ports, RETIRED_PORT, UNKNOWN_PORT } from '../../../../../services/ingestion-worker/rows/values/ports.ts'
import { rowRules } from '../../../../../services/ingestion-worker/rows/values/rules.ts'

/** Reads the value between other bytes, as it stands in a row. */
function amid<T> (value: string, read: (bytes: Uint8Array, start: number, end: number) => T): T {
  const bytes = Buffer.from(`9${value}9`)
  return read(bytes, 1, bytes.length - 1)
}

t.test('a price', async t => {
  const table: Array<[text: string, cents: number]> = [
    ['1154', 115_400],
    ['12.5', 1_250],
    ['0.01', 1],
    ['0.10', 10],
    ['007.50', 750],
    ['9999999.99', 999_999_999],
    ['10000000', 1_000_000_000],
    ['21474836.48', 2_147_483_648],
    ['9999999999.99', 999_999_999_999],
    ['00009999999999.99', 999_999_999_999],
    ['1.005', cents.PRICE_DECIMALS],
    ['5.100', cents.PRICE_DECIMALS],
    ['12345678.123', cents.PRICE_DECIMALS],
    ['0', cents.PRICE_NOT_POSITIVE],
    ['0.00', cents.PRICE_NOT_POSITIVE],
    ['000000000000.0', cents.PRICE_NOT_POSITIVE],
    ['-5', cents.PRICE_NOT_POSITIVE],
    ['-0', cents.PRICE_NOT_POSITIVE],
    ['10000000000', cents.PRICE_TOO_LARGE],
    ['10000000000.00', cents.PRICE_TOO_LARGE],
    ['99999999999999999999', cents.PRICE_TOO_LARGE],
  ]
  const malformed = [
    '', '.', '5.', '.5', '+5', '1e3', '1E3', '1,5', '1 000', ' 5', '5 ', '5.1.2', '5.1a', '5.a', 'NaN', 'Infinity', '0x10', '--5', '٣', '12345678x', '$5',
  ]
  for (const text of malformed) table.push([text, cents.MALFORMED_PRICE])
  for (const [text, expected] of table) t.equal(amid(text, cents.readCents), expected, JSON.stringify(text))
  t.equal(cents.readCents(Buffer.from('5.'), 0, 2), cents.MALFORMED_PRICE, 'at the very end of the bytes')
  const start = cpuMs()
  t.equal(amid('0'.repeat(65_000) + 'x', cents.readCents), cents.MALFORMED_PRICE)
  t.ok(cpuMs() - start < 1_000, 'no regular expression backtracks')
})

t.test('every number of cents with two decimals', async t => {
  for (let value = 1; value < 30_000; value++) {
    if (amid((value / 100).toFixed(2), cents.readCents) !== value) t.fail(`${value} cents`)
    if (amid(String(value / 100), cents.readCents) !== value) t.fail(`${value} cents, shortest`)
  }
})

t.test('a day', async t => {
  t.equal(amid('1970-01-01', days.readDay), 0)
  t.equal(amid('1969-12-31', days.readDay), -1)
  for (let day = Date.UTC(1890, 0, 1) / 86_400_000; day < Date.UTC(2110, 0, 1) / 86_400_000; day++) {
    if (amid(days.formatDay(day), days.readDay) !== day) t.fail(days.formatDay(day))
  }
  for (const text of ['0001-01-01', '9999-12-31', '2000-02-29', '2024-02-29', '2400-02-29']) {
    t.equal(amid(text, days.readDay), Date.parse(text) / 86_400_000, text)
  }
  for (const text of ['2021-02-29', '1900-02-29', '2100-02-29', '2021-04-31', '2021-13-01', '2021-00-01', '2021-01-00', '2021-01-32', '0000-01-01']) {
    t.equal(amid(text, days.readDay), days.NOT_A_DAY, text)
  }
  for (const text of ['', '2021-1-1', '2021-01-1', '20210101', '2021/01/01', '01-01-2021', '2021-01-01T', ' 2021-01-1', '2021-01-0x', 'x021-01-01', '2021-a1-01', '+021-01-01']) {
    t.equal(amid(text, days.readDay), days.MALFORMED_DAY, text)
  }
})

t.test('a port', async t => {
  const codes = ['CNGGZ', 'EETLL', 'GBFX2', 'ZZ999', 'IT940', 'ZZ001']
  const ports = new Ports(codes)
  for (const [index, code] of codes.entries()) {
    t.equal(amid(code, ports.find.bind(ports)), index)
    t.equal(amid(code.toLowerCase(), ports.find.bind(ports)), index, 'lower case')
  }
  t.equal(amid('cNgGz', ports.find.bind(ports)), 0)
  for (const code of ['CNGGY', 'AAAAA', 'ZZ998', 'CNGG1', 'CNGG0', 'AA000']) t.equal(amid(code, ports.find.bind(ports)), UNKNOWN_PORT, code)
  for (const code of ['', 'CNGG', 'CNGGZZ', 'C2GGZ', '2NGGZ', 'C0GGZ', '1NGGZ', 'CN-GG', ' CNGG', 'CNGG ', 'ŁÓD', 'CNGGÄ'.slice(1), '\0\0\0\0\0', '[NGGZ', 'CNGG{', '@@@@@']) {
    t.equal(amid(code, ports.find.bind(ports)), MALFORMED_PORT, code)
  }
})

t.test('an alias is read as its port', async t => {
  const ports = new Ports(['CNSHA', 'EETLL'], new Map([['CNSGH', 'CNSHA'], ['CNSH0', 'CNSHA'], ['EEREV', 'EETLL']]))
  const find = (code: string) => amid(code, ports.find.bind(ports))
  t.strictSame(['CNSHA', 'CNSGH', 'cnsh0', 'EETLL', 'eerev'].map(find), [0, 0, 0, 1, 1])
  t.strictSame(ports.codes, ['CNSHA', 'EETLL'])
  t.equal(find('CNSHG'), UNKNOWN_PORT)
  const retired = new Ports(['CNSHA', 'EETLL'], new Map([['CNSGH', 'CNSHA']]), new Set(['CNSHA']))
  t.same(['CNSHA', 'cnsgh', 'EETLL', 'CNSHG'].map(code => amid(code, retired.find.bind(retired))), [RETIRED_PORT, RETIRED_PORT, 1, UNKNOWN_PORT])
  t.throws(() => new Ports(['CNSHA', 'CNSHA'], new Map(), new Set(['CNSHA'])), /twice/)
  t.throws(() => new Ports(['CNSHA'], new Map([['CNSGH', 'CNSGX']])), /not a port/)
  t.throws(() => new Ports(['CNSHA', 'EETLL'], new Map([['EETLL', 'CNSHA']])), /twice/)
  t.throws(() => new Ports(['CNSHA'], new Map([['cnsgh', 'CNSHA']])), /Not a port code/)
})

t.test('many ports are found, and no other code is', async t => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789']
  const all = Array.from({ length: 30_000 }, (_, at) => `A${letters[at % 26]}${letters[at / 26 % 36 | 0]}${letters[at / 936 % 36 | 0]}${letters[at / 33_696 | 0]}`)
  const ports = new Ports(all.filter((_, at) => at % 2 === 0))
  for (const [at, code] of all.entries()) {
    if (amid(code, ports.find.bind(ports)) !== (at % 2 === 0 ? at / 2 : UNKNOWN_PORT)) t.fail(code)
  }
})

t.test('invalid rules are refused', async t => {
  const span = { firstDay: '2021-01-01', lastDay: '2021-12-31', maxRows: 10 }
  t.throws(() => rowRules({ ...span, ports: ['cnggz'] }), /Not a port code/)
  t.throws(() => rowRules({ ...span, ports: ['CNGGZ', 'CNGGZ'] }), /twice/)
  t.throws(() => rowRules({ ...span, ports: [], lastDay: '2020-12-31' }), /is after lastDay/)
  t.throws(() => rowRules({ ...span, ports: [], firstDay: '2021-02-30' }), /Not a day/)
  t.throws(() => rowRules({ ...span, ports: [], maxRows: 0 }), /above 0/)
})
