import t from 'tap'
import { expiryOf } from '../../services/batch/payload-life.ts'

t.test('an object expires at the midnight UTC after its days, as S3 counts', async t => {
  t.equal(expiryOf('2026-01-01T00:00:01.000Z', 90), '2026-04-02T00:00:00.000Z')
  t.equal(expiryOf('2026-01-01T23:59:59.999Z', 90), '2026-04-02T00:00:00.000Z')
  t.equal(expiryOf(new Date('2026-01-01T00:00:00Z'), 90), '2026-04-01T00:00:00.000Z')
  t.equal(expiryOf('2026-01-01T12:00:00Z', undefined), null)
})
