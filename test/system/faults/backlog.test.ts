import t from 'tap'
import { fileLimitMs } from '../../harness/patience.ts'
import { flood } from './flood.ts'

t.setTimeout(fileLimitMs)
t.test('a backlog of some providers: it is visible, another provider does not wait for it, reads continue, and each of its batches is applied', async t => {
  const batches = 100
  const { depth, oldestSeconds, listed, others, rates, ...totals } = await flood(batches, text => t.comment(text))
  t.equal(depth, batches)
  t.ok(oldestSeconds > 0)
  t.same(listed, { batches: 20, more: true })
  t.ok(others[0]!.left > batches / 2, `${others[0]!.left} batches of the backlog were left when a batch was applied that another provider had sent after it`)
  t.equal(rates.failed, 0)
  const all = batches + others.length
  t.match(totals, { applied: all, idempotencyRecords: all, prices: 3 * all, readModel: 3 * all })
})
