import t from 'tap'
import { openDatabase } from '../../services/runtime/database.ts'
import { takeTurns } from '../../services/rates-api/query-turns.ts'

/** Never connects: turns need it only to cut links. */
const sql = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', process: 'test', poolSize: 1 })

/** Queries that end when they are told to. */
function queries () {
  const ends: Array<PromiseWithResolvers<string>> = []
  return { started: ends, query: () => ends[ends.push(Promise.withResolvers<string>()) - 1]!.promise }
}

const tick = () => new Promise(resolve => setImmediate(resolve))

t.test('so many at once, the others in order', async t => {
  const turn = takeTurns(sql, { atOnce: 2, maxWaiting: 2, limitMs: 10_000 })
  const { started, query } = queries()
  const order: number[] = []
  const all = [0, 1, 2, 3].map(index => turn(() => { order.push(index); return query() }))
  t.same(order, [0, 1])
  await t.rejects(turn(query), { code: 'overloaded', status: 503, headers: { 'retry-after': '1' } }, 'one more than may wait')
  started[1]!.resolve('b')
  t.equal(await all[1], 'b')
  await tick()
  t.same(order, [0, 1, 2])
  started[0]!.reject(new Error('broken'))
  await t.rejects(all[0]!, /broken/)
  await tick()
  t.same(order, [0, 1, 2, 3], 'a failed query gives its turn away too')
  started[2]!.resolve('c')
  started[3]!.resolve('d')
  t.same(await Promise.all(all.slice(2)), ['c', 'd'])
  const last = turn(query)
  started[4]!.resolve('e')
  t.equal(await last, 'e', 'turns are not used up')
})

t.test('who waits too long is sent away and never runs; who runs too long keeps the turn', async t => {
  const turn = takeTurns(sql, { atOnce: 1, maxWaiting: 5, limitMs: 30 })
  const { started, query } = queries()
  const running = turn(query)
  const waiting = turn(query)
  await t.rejects(running, { code: 'database-unavailable', message: /30 ms/, headers: { 'retry-after': '5' } })
  await t.rejects(waiting, { code: 'database-unavailable' })
  const next = turn(query)
  t.equal(started.length, 1)
  started[0]!.resolve('late')
  await tick()
  t.equal(started.length, 2, 'the one that waits now, not the one that was sent away')
  started[1]!.resolve('next')
  t.equal(await next, 'next')
})
