import t from 'tap'
import { shareQuestion } from '../../services/rates-api/shared-question.ts'

t.test('one question for all who come while another is under way, and none from before they came', async t => {
  const asked: Array<PromiseWithResolvers<number>> = []
  const ask = shareQuestion(() => asked[asked.push(Promise.withResolvers<number>()) - 1]!.promise)
  const first = ask()
  const later = [ask(), ask(), ask()]
  t.equal(asked.length, 1)
  asked[0]!.resolve(0)
  t.equal(await first, 0)
  await new Promise(resolve => setImmediate(resolve))
  t.equal(asked.length, 2, 'one for the three')
  const latest = ask()
  asked[1]!.resolve(1)
  t.same(await Promise.all(later), [1, 1, 1], 'not 0, which was asked before they came')
  await new Promise(resolve => setImmediate(resolve))
  asked[2]!.resolve(2)
  t.equal(await latest, 2)
  const alone = ask()
  asked[3]!.resolve(3)
  t.equal(await alone, 3)
})

t.test('a failed question fails for those who asked it, and the next is asked', async t => {
  const asked: Array<PromiseWithResolvers<number>> = []
  const ask = shareQuestion(() => asked[asked.push(Promise.withResolvers<number>()) - 1]!.promise)
  const [first, second] = [ask(), ask()]
  asked[0]!.reject(new Error('away'))
  await t.rejects(first, /away/)
  await new Promise(resolve => setImmediate(resolve))
  asked[1]!.resolve(1)
  t.equal(await second, 1)
})
