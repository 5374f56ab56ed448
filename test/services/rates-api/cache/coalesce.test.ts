import t from 'tap'
import { coalesce } from '../../../../services/rates-api/cache/coalesce.ts'

const nextIteration = (): Promise<unknown> => new Promise(resolve => setImmediate(() => setImmediate(resolve)))

t.test('one query for all callers that arrive before it is sent, or while another is in flight; no result from before they arrived', async t => {
  const calls: Array<PromiseWithResolvers<number>> = []
  const coalesced = coalesce(() => calls[calls.push(Promise.withResolvers<number>()) - 1]!.promise)
  const first = [coalesced(), coalesced()]
  await nextIteration()
  t.equal(calls.length, 1, 'one query for the two callers')
  const later = [coalesced(), coalesced(), coalesced()]
  await nextIteration()
  t.equal(calls.length, 1)
  calls[0]!.resolve(0)
  t.same(await Promise.all(first), [0, 0])
  await nextIteration()
  t.equal(calls.length, 2, 'one query for the three callers')
  const latest = coalesced()
  calls[1]!.resolve(1)
  t.same(await Promise.all(later), [1, 1, 1], 'not 0, whose query was sent before they arrived')
  await nextIteration()
  calls[2]!.resolve(2)
  t.equal(await latest, 2)
  const alone = coalesced()
  await nextIteration()
  calls[3]!.resolve(3)
  t.equal(await alone, 3)
})

t.test('a failed query fails for its callers, and the next query is sent', async t => {
  const calls: Array<PromiseWithResolvers<number>> = []
  const coalesced = coalesce(() => calls[calls.push(Promise.withResolvers<number>()) - 1]!.promise)
  const first = coalesced()
  await nextIteration()
  const second = coalesced()
  calls[0]!.reject(new Error('unavailable'))
  await t.rejects(first, /unavailable/)
  await nextIteration()
  calls[1]!.resolve(1)
  t.equal(await second, 1)
})
