import t from 'tap'
import { shareQuestion } from '../../../../services/rates-api/cache/coalesce.ts'

const nextTurn = (): Promise<unknown> => new Promise(resolve => setImmediate(() => setImmediate(resolve)))

t.test('one question for all who come before it is put, or while another is under way; none from before they came', async t => {
  const asked: Array<PromiseWithResolvers<number>> = []
  const ask = shareQuestion(() => asked[asked.push(Promise.withResolvers<number>()) - 1]!.promise)
  const first = [ask(), ask()]
  await nextTurn()
  t.equal(asked.length, 1, 'one for the two')
  const later = [ask(), ask(), ask()]
  await nextTurn()
  t.equal(asked.length, 1)
  asked[0]!.resolve(0)
  t.same(await Promise.all(first), [0, 0])
  await nextTurn()
  t.equal(asked.length, 2, 'one for the three')
  const latest = ask()
  asked[1]!.resolve(1)
  t.same(await Promise.all(later), [1, 1, 1], 'not 0, which was asked before they came')
  await nextTurn()
  asked[2]!.resolve(2)
  t.equal(await latest, 2)
  const alone = ask()
  await nextTurn()
  asked[3]!.resolve(3)
  t.equal(await alone, 3)
})

t.test('a failed question fails for those who asked it, and the next is asked', async t => {
  const asked: Array<PromiseWithResolvers<number>> = []
  const ask = shareQuestion(() => asked[asked.push(Promise.withResolvers<number>()) - 1]!.promise)
  const first = ask()
  await nextTurn()
  const second = ask()
  asked[0]!.reject(new Error('away'))
  await t.rejects(first, /away/)
  await nextTurn()
  asked[1]!.resolve(1)
  t.equal(await second, 1)
})
