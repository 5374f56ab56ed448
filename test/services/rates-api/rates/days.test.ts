import fc from 'fast-check'
import t from 'tap'
import { isDay } from '../../../../lib/calendar/is-day.ts'
import { countDays, dayOf, monthsOf } from '../../../../services/rates-api/rates/days.ts'

t.test('calendar days', async t => {
  for (const day of ['0001-01-01', '0099-12-31', '1999-12-31', '2000-02-29', '2016-02-29', '2021-01-31', '2400-02-29', '9999-12-31']) t.ok(isDay(day), day)
  for (const day of ['0000-01-01', '0000-12-31', '1900-02-29', '2017-02-29', '2021-02-30', '2021-04-31', '2021-13-01', '2021-00-10', '2021-01-00', '2021-01-32']) t.notOk(isDay(day), day)
})

t.test('the months of a range cover its days, none missing and none twice', async t => {
  const day = fc.integer({ min: Date.UTC(2000, 0, 1) / 86_400_000, max: Date.UTC(2030, 0, 1) / 86_400_000 })
  fc.assert(fc.property(day, fc.nat(800), (first, more) => {
    const expected = Array.from({ length: more + 1 }, (_, index) => new Date((first + index) * 86_400_000).toISOString().slice(0, 10))
    const [from, to] = [expected[0]!, expected.at(-1)!]
    const built = monthsOf(from, to).flatMap(({ month, first, last }) =>
      Array.from({ length: last - first + 1 }, (_, index) => dayOf(month, first + index)))
    return countDays(from, to) === more + 1 && built.join() === expected.join()
  }), { seed: 1 })
  t.same(monthsOf('9999-12-30', '9999-12-31'), [{ month: '9999-12-01', first: 30, last: 31 }], 'the last possible month')
  t.same(monthsOf('0001-01-01', '0001-02-01').map(({ month }) => month), ['0001-01-01', '0001-02-01'])
  t.same(monthsOf('1900-02-01', '1900-03-01')[0]!.last, 28)
  t.same(monthsOf('2000-02-01', '2000-03-01')[0]!.last, 29)
})
