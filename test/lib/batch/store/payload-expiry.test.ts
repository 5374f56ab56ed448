import t from 'tap'
import { expiryOf, storedToExpireBy } from '../../../../lib/batch/store/payload-expiry.ts'
import { dayMs } from '../../../../lib/calendar/day-ms.ts'

t.test('an object expires at the midnight UTC after its days, as S3 counts', async t => {
  t.equal(expiryOf('2026-01-01T00:00:01.000Z', 90), '2026-04-02T00:00:00.000Z')
  t.equal(expiryOf('2026-01-01T23:59:59.999Z', 90), '2026-04-02T00:00:00.000Z')
  t.equal(expiryOf(new Date('2026-01-01T00:00:00Z'), 90), '2026-04-01T00:00:00.000Z')
  t.equal(expiryOf('2026-01-01T12:00:00Z', undefined), null)
})

t.test('an object that was stored at the limit expires in time, and one stored a millisecond later does not', async t => {
  for (const time of ['2026-03-29T00:00:00.000Z', '2026-03-29T00:00:00.001Z', '2026-10-25T23:59:59.999Z', '2028-02-29T12:00:00.000Z']) {
    for (const keepDays of [1, 31, 90]) {
      const limit = storedToExpireBy(new Date(time), keepDays)!
      const [atLimit, later] = [limit, new Date(limit.getTime() + 1)].map(storedAt => expiryOf(storedAt, keepDays)!)
      t.ok(atLimit! <= time && later! > time, `${time}, ${keepDays} days`)
      t.equal(Date.parse(later!) - Date.parse(atLimit!), dayMs)
    }
  }
  t.equal(storedToExpireBy(new Date(), undefined), null)
})
