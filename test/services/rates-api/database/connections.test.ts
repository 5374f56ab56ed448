import type { Sql } from 'postgres'
import t from 'tap'
import { openConnections } from '../../../../services/rates-api/database/connections.ts'

/** Queries that end when they are told to. */
function queries () {
  const ends: Array<PromiseWithResolvers<string>> = []
  return { started: ends, query: () => ends[ends.push(Promise.withResolvers<string>()) - 1]!.promise }
}

/** Connections that only know whether they were ended. */
function fakes () {
  const made: Array<{ ended: number | null | undefined }> = []
  const connect = (): Sql => {
    const connection = { ended: undefined, async end ({ timeout }: { timeout: number }) { connection.ended = timeout as never } }
    made.push(connection)
    return connection as never
  }
  return { made, connect }
}

const lost = (code: string) => Object.assign(new Error('lost'), { code })
const tick = () => new Promise(resolve => setImmediate(resolve))

t.test('so many at once, the others in order', async t => {
  const { ask } = openConnections(fakes().connect, { connections: 2, maxWaiting: 2, limitMs: 10_000 })
  const { started, query } = queries()
  const order: number[] = []
  const all = [0, 1, 2, 3].map(index => ask(() => { order.push(index); return query() }))
  t.same(order, [0, 1])
  await t.rejects(ask(query), { code: 'overloaded', status: 503, headers: { 'retry-after': '1' } }, 'one more than may wait')
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
  const last = ask(query)
  started[4]!.resolve('e')
  t.equal(await last, 'e', 'turns are not used up')
})

t.test('who waits too long is sent away and never runs; who runs too long keeps the turn', async t => {
  const { ask } = openConnections(fakes().connect, { connections: 1, maxWaiting: 5, limitMs: 30 })
  const { started, query } = queries()
  const running = ask(query)
  const waiting = ask(query)
  await t.rejects(running, { code: 'database-unavailable', message: /30 ms/, headers: { 'retry-after': '5' } })
  await t.rejects(waiting, { code: 'database-unavailable' })
  const next = ask(query)
  t.equal(started.length, 1)
  started[0]!.resolve('late')
  await tick()
  t.equal(started.length, 2, 'the one that waits now, not the one that was sent away')
  started[1]!.resolve('next')
  t.equal(await next, 'next')
})

t.test('a question whose link was lost is asked once more, on another', async t => {
  const { made, connect } = fakes()
  const { ask, end } = openConnections(connect, { connections: 1, maxWaiting: 5, limitMs: 10_000 })
  for (const code of ['ECONNRESET', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT', '57P01']) {
    made.length = 0
    const used: unknown[] = []
    const answer = await ask(async sql => {
      if (used.push(sql) === 1) throw lost(code)
      return 'answer'
    })
    t.equal(answer, 'answer', code)
    t.same(made.slice(-1)[0]!.ended, undefined, 'the good one is kept')
    t.not(used[0], used[1])
  }
  for (const code of ['42P01', '57014', '22012']) {
    let times = 0
    await t.rejects(ask(async () => { times++; throw lost(code) }), { code })
    t.equal(times, 1, `${code} is no lost link`)
  }
  await end()
  t.equal(made.at(-1)!.ended, 4)
})

t.test('lost twice: the error, and the next one that asks has a new connection', async t => {
  const { made, connect } = fakes()
  const { ask } = openConnections(connect, { connections: 1, maxWaiting: 5, limitMs: 10_000 })
  await t.rejects(ask(async () => { throw lost('ECONNREFUSED') }), { code: 'ECONNREFUSED' })
  t.same(made.map(({ ended }) => ended), [0, 0])
  t.equal(await ask(async () => 'answer'), 'answer')
  t.equal(made.length, 3)
})

t.test('a connection on which nothing comes, not even the end of a cancelled query, is thrown away', async t => {
  const { made, connect } = fakes()
  const { ask } = openConnections(connect, { connections: 1, maxWaiting: 5, limitMs: 20 })
  const { started, query } = queries()
  await t.rejects(ask(query), { code: 'database-unavailable' })
  while (made[0]!.ended === undefined) await new Promise(resolve => setTimeout(resolve, 10))
  t.equal(made[0]!.ended, 0)
  started[0]!.reject(lost('CONNECTION_DESTROYED')) // what the library says then
  let answer
  while (answer !== 'answer') answer = await ask(async () => 'answer').catch(error => error)
  t.equal(started.length, 1, 'it is not asked again for nobody')
})
