import t, { type Test } from 'tap'
import type { Sql } from 'postgres'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { database } from '../../harness/database.ts'
import { waitLimitMs } from '../../harness/patience.ts'
import { waitFor } from '../../harness/wait.ts'
import { commits } from '../../harness/call-labels.ts'
import { tcpProxy, type TcpProxy } from '../../harness/tcp-proxy.ts'

/** Opens a pool of one connection through a proxy, and creates a table of notes. */
async function oneConnection (t: Test): Promise<{ sql: Sql, proxy: TcpProxy, rows: () => Promise<string[]>, isSleeping: () => Promise<boolean> }> {
  const db = await database(t)
  await db.migrator`create table notes (note text)`
  const url = new URL(db.url('migrator'))
  const proxy = await tcpProxy(Number(url.port), commits)
  url.port = String(proxy.port)
  const sql = openDatabase({ url: url.href, process: 'test', poolSize: 1 })
  t.teardown(async () => {
    await sql.end({ timeout: 1 })
    proxy.close()
  })
  const isSleeping = async (): Promise<boolean> => (await db.migrator`
    select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`).length > 0
  return { sql, proxy, isSleeping, rows: async () => (await db.migrator<Array<{ note: string }>>`select note from notes order by note`).map(({ note }) => note) }
}

for (const way of ['cut', 'end'] as const) {
  t.test(`a connection that is lost (${way}) while the work waits for something else: its later queries do not reach the server`, async t => {
    const { sql, proxy, rows } = await oneConnection(t)
    const began = Promise.withResolvers<void>()
    const other = Promise.withResolvers<void>()
    const lateWork = Promise.withResolvers<void>()
    const lost = transaction(sql, async tx => {
      await tx`insert into notes values ('lost')`
      began.resolve()
      await other.promise
      // A refusal is thrown at once. A query that was sent has its response before the library would roll back.
      await (async () => await tx`insert into notes values ('too late')`)().catch(() => {})
      setImmediate(lateWork.resolve)
      throw new Error('and now the library rolls back')
    })
    await began.promise
    proxy[way]()
    await t.rejects(lost, { code: /CONNECTION_CLOSED|ECONNRESET/ })
    await transaction(sql, async tx => {
      await tx`insert into notes values ('first')`
      other.resolve()
      await lateWork.promise
      await tx`insert into notes values ('second')`
    })
    t.same(await rows(), ['first', 'second'])
  })

  t.test(`a connection that is lost (${way}) during a query: the caller gets the error, the process lives and the next query succeeds`, async t => {
    const { sql, proxy, rows, isSleeping } = await oneConnection(t)
    for (let round = 0; round < 5; round++) {
      const began = Promise.withResolvers<void>()
      const lost = transaction(sql, async tx => {
        await tx`insert into notes values ('lost')`
        began.resolve()
        await tx`select pg_sleep(600)`
      })
      await began.promise
      await waitFor(isSleeping)
      proxy[way]()
      await t.rejects(lost, { code: /CONNECTION_CLOSED|ECONNRESET/ })
    }
    await transaction(sql, tx => tx`insert into notes values ('committed')`)
    t.same(await rows(), ['committed'])
  })

  t.test(`a connection that is lost (${way}) during COMMIT: the error reaches the caller`, async t => {
    const { sql, proxy, rows } = await oneConnection(t)
    await sql`select 1`
    proxy.trap('commit', 'after', AbortSignal.timeout(waitLimitMs), () => {})
    await t.rejects(transaction(sql, tx => tx`insert into notes values ('who knows')`), { code: /CONNECTION_CLOSED|ECONNRESET/ })
    t.same(await rows(), ['who knows'], 'the caller reads the idempotency record')
  })
}

t.test('statements that are sent with COMMIT in one message', async t => {
  t.test('are committed, and the next transaction of the connection begins anew', async t => {
    const { sql, rows } = await oneConnection(t)
    for (const value of [1, 2]) {
      t.equal(await transaction(sql, async (tx, commit) => {
        await tx`insert into notes values ('before')`
        await commit("insert into notes values ('with'), ('commit')")
        return value
      }), value)
    }
    t.same(await rows(), ['before', 'before', 'commit', 'commit', 'with', 'with'])
  })

  t.test('roll back with the transaction if one of them fails', async t => {
    const { sql, rows } = await oneConnection(t)
    await t.rejects(transaction(sql, async (tx, commit) => {
      await tx`insert into notes values ('rolled back')`
      await commit("insert into notes values ('also'); select 1 / 0")
    }), { code: '22012' })
    await transaction(sql, tx => tx`insert into notes values ('next')`)
    t.same(await rows(), ['next'])
  })

  t.test('have no effect outside the transaction', async t => {
    const { sql, rows } = await oneConnection(t)
    await t.rejects(transaction(sql, async (tx, commit) => {
      await tx`rollback` // as after a reconnect: the server has no transaction
      await commit("insert into notes values ('alone')")
    }), { code: '25P01' })
    t.same(await rows(), [])
  })

  t.test('are committed although the response is lost, and the error reaches the caller', async t => {
    const { sql, proxy, rows } = await oneConnection(t)
    await sql`select 1`
    proxy.trap('commit', 'after', AbortSignal.timeout(waitLimitMs), () => {})
    await t.rejects(transaction(sql, async (_tx, commit) => await commit("insert into notes values ('who knows')")), { code: /CONNECTION_CLOSED|ECONNRESET/ })
    t.same(await rows(), ['who knows'])
  })

  t.test('are the last: a query afterwards is refused', async t => {
    const { sql, rows } = await oneConnection(t)
    await t.rejects(transaction(sql, async (tx, commit) => {
      await commit("insert into notes values ('committed')")
      await tx`insert into notes values ('late')`
    }), { code: 'CONNECTION_CLOSED' })
    t.same(await rows(), ['committed'])
  })
})

t.test('an error of the work rolls back and reaches the caller', async t => {
  const { sql, rows } = await oneConnection(t)
  await t.rejects(transaction(sql, async tx => {
    await tx`insert into notes values ('rolled back')`
    throw new Error('mine')
  }), { message: 'mine' })
  t.equal(await transaction(sql, async tx => (await tx`insert into notes values ('committed') returning note`)[0]!.note), 'committed')
  t.same(await rows(), ['committed'])
})
