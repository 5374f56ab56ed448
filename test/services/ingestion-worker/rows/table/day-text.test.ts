import t from 'tap'
import { readDayText, readSerial } from '../../../../../services/ingestion-worker/rows/table/day-text.ts'
import { parseDay } from '../../../../../services/ingestion-worker/rows/values/days.ts'

t.test('days with one reading', async t => {
  for (const [text, day, proves = null, isOrdered = false] of [
    ['2021-02-01', '2021-02-01'], ['2021/2/1', '2021-02-01'], ['2021.02.01', '2021-02-01'], ['31.01.2021', '2021-01-31', 'day.month', true], ['01.02.2021', '2021-02-01', 'day.month', true],
    ['31/1/2021', '2021-01-31', 'day.month', true], ['1/31/2021', '2021-01-31', 'month.day', true], ['02.02.2021', '2021-02-02', 'day.month', true],
    ['31-Jan-2021', '2021-01-31'], ['1 February 2021', '2021-02-01'], ['Feb 1, 2021', '2021-02-01'], ['1-sept-2021', '2021-09-01'],
    ['2021-02-01 00:00:00', '2021-02-01'], ['2021-02-01T00:00:00.000Z', '2021-02-01'], ['2021-02-01T00:00:00+00:00', '2021-02-01'],
    ['1/31/2021 12:00:00 AM', '2021-01-31', 'month.day', true], ['31.01.2021 0:00', '2021-01-31', 'day.month', true], ['29.02.2020', '2020-02-29', 'day.month', true],
  ] as Array<[string, string, string?, boolean?]>) t.same(readDayText(text), { day: parseDay(day), proves, isOrdered }, text)
})

t.test('days with two readings', async t => {
  for (const text of ['01/02/2021', '1/2/2021', '01-02-2021', '01/02/2021 00:00']) {
    t.same(readDayText(text), { dayMonth: parseDay('2021-02-01'), monthDay: parseDay('2021-01-02') }, text)
  }
})

t.test('days that are refused', async t => {
  for (const [text, code] of [
    ['', 'malformed_day'], ['2021', 'malformed_day'], ['Feb 2021', 'malformed_day'], ['1/2', 'malformed_day'], ['2021-2', 'malformed_day'], ['01/02-2021', 'malformed_day'],
    ['31-Foo-2021', 'malformed_day'], ['20210201', 'malformed_day'], ['2021-02-30', 'not_a_day'], ['31/02/2021', 'not_a_day'], ['13/13/2021', 'not_a_day'], ['01.31.2021', 'not_a_day'], ['0/1/2021', 'not_a_day'],
    ['01/02/21', 'short_year'], ['1-Feb-21', 'short_year'], ["1 Feb '21", 'short_year'], ['Feb 1, 21', 'short_year'], ['44227', 'serial_day'], ['2021-02-01 08:00:00', 'not_midnight'], ['2021-02-01T00:00:00+08:00', 'not_midnight'],
    ['2021-01-31T16:00:00Z', 'not_midnight'], ['1/31/2021 12:00 PM', 'not_midnight'], ['2021-02-01 12:00', 'not_midnight'],
  ] as const) t.same(readDayText(text), { code }, text)
})

t.test('serial numbers', async t => {
  t.same(readSerial(44227, 1900), { day: parseDay('2021-01-31'), proves: null, isOrdered: false })
  t.same(readSerial(42765, 1904), { day: parseDay('2021-01-31'), proves: null, isOrdered: false })
  for (const [serial, code] of [[44227.5, 'not_midnight'], [0, 'malformed_day'], [60, 'malformed_day'], [NaN, 'malformed_day'], [1e9, 'malformed_day']] as const) {
    t.same(readSerial(serial, 1900), { code }, String(serial))
  }
  t.same(readSerial(44227, null), { code: 'serial_day' })
})

t.test('a long text is no day', async t => {
  t.same(readDayText(`2021-01-31 00:00:00.${'0'.repeat(100)}`), { code: 'malformed_day' })
})
