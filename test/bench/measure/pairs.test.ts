import t from 'tap'
import { medians, ratios, turns } from '../../../bench/measure/pairs.ts'

t.test('candidates run in turns, in the opposite order every other round, and the first round does not count', async t => {
  const ran: string[] = []
  const candidate = (name: string) => async () => ran.push(name)
  const values = await turns(2, { a: candidate('a'), b: candidate('b') })
  t.same(ran, ['a', 'b', 'b', 'a', 'a', 'b'])
  t.same(values, { a: [4, 5], b: [3, 6] })
})

t.test('medians of each candidate', async t => {
  const given = [100, 1, 3, 2]
  t.same(await medians(3, { a: async () => given.shift()! }), { a: 2 })
})

t.test('a ratio compares the two values of one round', async t => {
  t.same(ratios([1, 6], [2, 3]), [0.5, 2])
})
