import type { Sql } from 'postgres'
import t from 'tap'
import { openConnections } from '../../../../services/rates-api/database/connections.ts'
import { waitedFor } from '../../../harness/wait.ts'

/** Returns queries that finish when the test says so. */
function queries () {
  const pending: Array<PromiseWithResolvers<string>> = []
  return { started: pending, query: () => pending[pending.push(Promise.withResolvers<string>()) - 1]!.promise }
}

/** Returns connections that only record whether they were closed. */
function fakes () {
  const opened: Array<{ endTimeout: number | undefined, ended: Promise<void> }> = []
  const connect = (): Sql => {
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const connection = {
      endTimeout: undefined as number | undefined,
      ended,
      async end ({ timeout }: { timeout: number }) {
        connection.endTimeout = timeout
        resolve()
      },
    }
    opened.push(connection)
    return connection as never
  }
  return { made: opened, connect }
}

const lost = (code: string) => Object.assign(new Error('lost'), { code })
const tick = () => new Promise(resolve => setImmediate(resolve))

t.test('a limited number of concurrent queries, the others in order', async t => {
  const { query: run } = openConnections(fakes().connect, { connections: 2, maxWaiting: 2, limitMs: 10_000 })
  const { started, query } = queries()
  const order: number[] = []
  const all = [0, 1, 2, 3].map(index => run(() => { order.push(index); return query() }))
  t.same(order, [0, 1])
  await t.rejects(run(query), { code: 'overloaded', status: 503, headers: { 'retry-after': '1' } }, 'one more than may wait')
  started[1]!.resolve('b')
  t.equal(await all[1], 'b')
  await tick()
  t.same(order, [0, 1, 2])
  started[0]!.reject(new Error('broken'))
  await t.rejects(all[0]!, /broken/)
  await tick()
  t.same(order, [0, 1, 2, 3], 'a failed query releases its connection too')
  started[2]!.resolve('c')
  started[3]!.resolve('d')
  t.same(await Promise.all(all.slice(2)), ['c', 'd'])
  const last = run(query)
  started[4]!.resolve('e')
  t.equal(await last, 'e', 'connections are not used up')
})

t.test('a query that waits too long is refused and never runs; a query that runs too long keeps its connection', async t => {
  const { query: run } = openConnections(fakes().connect, { connections: 1, maxWaiting: 5, limitMs: 30 })
  const { started, query } = queries()
  const running = run(query)
  const waiting = run(query)
  await t.rejects(running, { code: 'database-unavailable', message: /30 ms/, headers: { 'retry-after': '5' } })
  await t.rejects(waiting, { code: 'database-unavailable' })
  const next = run(query)
  t.equal(started.length, 1)
  started[0]!.resolve('late')
  await tick()
  t.equal(started.length, 2, 'the query that waits now, not the one that was refused')
  started[1]!.resolve('next')
  t.equal(await next, 'next')
})

t.test('a query whose connection was lost is sent once more, on another connection', async t => {
  const { made: opened, connect } = fakes()
  const { query: run, close } = openConnections(connect, { connections: 1, maxWaiting: 5, limitMs: 10_000 })
  for (const code of ['ECONNRESET', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT', '57P01']) {
    opened.length = 0
    const used: unknown[] = []
    const result = await run(async sql => {
      if (used.push(sql) === 1) throw lost(code)
      return 'result'
    })
    t.equal(result, 'result', code)
    t.same(opened.slice(-1)[0]!.endTimeout, undefined, 'the good connection stays open')
    t.not(used[0], used[1])
  }
  for (const code of ['42P01', '57014', '22012']) {
    let times = 0
    await t.rejects(run(async () => { times++; throw lost(code) }), { code })
    t.equal(times, 1, `${code} is no lost connection`)
  }
  await close()
  t.equal(opened.at(-1)!.endTimeout, 4)
})

t.test('lost twice: the error, and the next query has a new connection', async t => {
  const { made: opened, connect } = fakes()
  const { query: run } = openConnections(connect, { connections: 1, maxWaiting: 5, limitMs: 10_000 })
  await t.rejects(run(async () => { throw lost('ECONNREFUSED') }), { code: 'ECONNREFUSED' })
  t.same(opened.map(({ endTimeout }) => endTimeout), [0, 0])
  t.equal(await run(async () => 'result'), 'result')
  t.equal(opened.length, 3)
})

t.test('a connection that receives no data, not even the end of a cancelled query, is closed', async t => {
  const { made: opened, connect } = fakes()
  const { query: run } = openConnections(connect, { connections: 1, maxWaiting: 5, limitMs: 20 })
  const { started, query } = queries()
  await t.rejects(run(query), { code: 'database-unavailable' })
  await waitedFor(opened[0]!.ended, () => new Error('the connection was not closed'))
  t.equal(opened[0]!.endTimeout, 0)
  started[0]!.reject(lost('CONNECTION_DESTROYED')) // the error of the library in that case
  let result
  while (result !== 'result') result = await run(async () => 'result').catch(error => error)
  t.equal(started.length, 1, 'it is not sent again without a caller')
})
