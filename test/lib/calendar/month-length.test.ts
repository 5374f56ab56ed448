import t from 'tap'
import { monthLength } from '../../../lib/calendar/month-length.ts'

t.test('each month of 400 years is as long as in the calendar of JavaScript', async t => {
  const wrong: string[] = []
  for (let year = 1801; year <= 2200; year++) {
    for (let month = 1; month <= 12; month++) {
      const expected = new Date(Date.UTC(year, month, 0)).getUTCDate()
      if (monthLength(year, month) !== expected) wrong.push(`${year}-${month}`)
    }
  }
  t.strictSame(wrong, [])
})

t.test('years before 1000 too', async t => {
  t.strictSame([[4, 2], [100, 2], [400, 2], [400, 12]].map(([year, month]) => monthLength(year!, month!)), [29, 28, 29, 31])
})
