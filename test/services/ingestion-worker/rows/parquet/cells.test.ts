import t from 'tap'
import { parseDay } from '../../../../../services/ingestion-worker/rows/values/days.ts'
import { parquetFile, readTable } from './read-file.ts'

const day = (text: string) => ({ day: parseDay(text) })
const fault = (fault: string, text: string) => ({ fault, text })

/** Cells of both rows of types.parquet. */
const expected = {
  day_ms: [day('2026-01-02'), fault('not_midnight', '2026-01-02T13:45:00')],
  day_us: [day('1969-12-31'), fault('not_midnight', '1969-12-31T00:00:00.000001')],
  day_ns: [day('2026-01-02'), fault('not_midnight', '2026-01-02T00:00:00.000000001')],
  day_zone: [day('2026-01-02'), fault('not_midnight', '2026-01-01T23:00:00')],
  far_day: [day('9999-12-31'), fault('not_a_day', '2932897 days since 1970-01-01')],
  old_day: [day('0001-01-01'), fault('not_a_day', '-719163 days since 1970-01-01')],
  double: [1180.4999999999998, fault('not_a_number', 'NaN')],
  infinite: [fault('not_a_number', 'Infinity'), fault('not_a_number', '-Infinity')],
  float: [{ cents: 115_410 }, fault('float_not_exact', '1154.10498046875')],
  large_float: [{ cents: 13_107_199 }, fault('float_not_exact', '600000')],
  float_nan: [fault('not_a_number', 'NaN'), fault('not_a_number', 'Infinity')],
  int8: [-128, 127],
  uint32: [0, 4_294_967_295],
  int64: [9_007_199_254_740_991, '-9007199254740993'],
  uint64: [1, '18446744073709551615'],
  decimal: [{ cents: 115_410 }, { cents: -1 }],
  decimal_0: [{ cents: 115_400 }, { cents: 0 }],
  decimal_1: [{ cents: 115_410 }, { cents: -150 }],
  decimal_4: [{ cents: 115_410 }, fault('price_decimals', '1154.1001')],
  decimal_20: [{ cents: 115_410 }, fault('price_decimals', '-0.00000000000000000001')],
  decimal_38: ['99999999999999.99', '999999999999999999999999999999999999.99'],
  text: [' CNGGZ ', 'Größe €'],
  binary: ['CNGGZ', fault('not_utf8', '\ufffd\ufffd')],
  nothing: [null, null],
}

t.test('cells of each type', async t => {
  const { header, rows } = await readTable(parquetFile('types'))
  t.strictSame(header, Object.keys(expected))
  for (const [at, name] of header.entries()) {
    t.strictSame([rows[0]![at], rows[1]![at]], expected[name as keyof typeof expected], String(name))
  }
})

t.test('INT96', async t => {
  const { rows } = await readTable(parquetFile('types-int96'))
  t.strictSame(rows, [[day('2026-01-02')], [fault('not_midnight', '2026-01-02T01:00:00')]])
})

t.test('a column of another type is refused, if it is wanted', async t => {
  const types = { flag: 'BOOLEAN', time: 'TIME', half: 'FLOAT16', id: 'UUID' }
  for (const [name, type] of Object.entries(types)) {
    const reading = readTable(parquetFile('types-others'), { columns: () => [name] })
    await t.rejects(reading, { code: 'parquet_column_type', detail: `"${name}" has the type ${type}` })
  }
  const { rows } = await readTable(parquetFile('types-others'), { columns: () => ['price'] })
  t.strictSame(rows, [[null, null, null, null, 1.5], [null, null, null, null, 2.5]])
})
