import t, { type Test } from 'tap'
import postgres, { type Sql } from 'postgres'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { transaction } from '../../../lib/postgres/transaction.ts'
import { database, type TestDatabase } from '../../harness/database.ts'
import { waitFor } from '../../harness/wait.ts'

/** Uses after a loss: each is the first use of a connection after the reconnect. */
const uses: Record<string, (sql: Sql) => Promise<unknown>> = {
  'a query': async sql => await sql`select 1 as one`,
  'a query with parameters': async sql => await sql`select ${'a'}::text as text`,
  'plain text': async sql => await sql.unsafe('select 1; select 2'),
  'a transaction': sql => transaction(sql, async tx => await tx`select 1`),
  'COPY in a transaction': sql => transaction(sql, async tx => await copy(tx)),
  COPY: sql => copy(sql),
}

async function copy (sql: Sql): Promise<void> {
  const stream = await sql`copy notes (note) from stdin`.writable()
  await new Promise<void>((resolve, reject) => { stream.on('error', reject).end('copied\n', resolve) })
}

async function pool (t: Test, size: number): Promise<{ db: TestDatabase, sql: Sql, name: string, superuser: Sql }> {
  const db = await database(t)
  await db.migrator`create table notes (note text)`
  const superuser = postgres(db.url('postgres'), { max: 1 })
  const name = 'killed'
  const sql = openDatabase({ url: db.url('migrator'), process: name, poolSize: size })
  t.teardown(async () => { await Promise.all([sql.end({ timeout: 1 }), superuser.end()]) })
  return { db, sql, name, superuser }
}

/** Kills every backend of the pool while each connection has a query. The queries must fail with the errors of a lost connection. */
async function killUnderQueries (t: Test, { sql, name, superuser }: { sql: Sql, name: string, superuser: Sql }, size: number): Promise<void> {
  const running = Array.from({ length: size }, () => sql`select pg_sleep(60)`.then(() => 'answered', error => error.code as string))
  const busy = async (): Promise<number> =>
    (await superuser`select from pg_stat_activity where application_name like ${`${name}@%`} and query like '%pg_sleep%' and state = 'active'`).length
  await waitFor(async () => await busy() === size)
  await superuser`select pg_terminate_backend(pid) from pg_stat_activity where application_name like ${`${name}@%`}`
  t.same(new Set(await Promise.all(running)), new Set(['CONNECTION_CLOSED']), 'a running query fails, because it may have had an effect')
}

for (const [name, use] of Object.entries(uses)) {
  t.test(`${name} after its backend was killed under another query`, async t => {
    const it = await pool(t, 1)
    const failures: string[] = []
    for (let round = 0; round < 10; round++) {
      await killUnderQueries(t, it, 1)
      await use(it.sql).catch(error => failures.push(error.code))
    }
    t.same(failures, [], 'none of ten fails')
  })
}

t.test('a truncated result leaves no rows for the next query', async t => {
  const { sql, superuser, name } = await pool(t, 1)
  for (const statements of ['select 1 as one', 'select 1 as one; select 2 as two']) {
    const rows: unknown[] = []
    // The server sends when its buffer of 8 KiB is full: most of the rows have arrived when the server waits.
    const cut = sql`select repeat('x', 3000), case when i > 40 then pg_sleep(60) end from generate_series(1, 50) as i`
      .forEach(row => { rows.push(row) }).then(() => 'answered', error => error.code as string)
    await waitFor(() => rows.length > 30)
    await superuser`select pg_terminate_backend(pid) from pg_stat_activity where application_name like ${`${name}@%`}`
    t.equal(await cut, 'CONNECTION_CLOSED')
    const next = await sql.unsafe(statements)
    t.same([...next], statements.includes(';') ? [[{ one: 1 }], [{ two: 2 }]] : [{ one: 1 }])
  }
})

t.test('a server that ends a transaction because of its duration', async t => {
  const db = await database(t)
  const sql = openDatabase({ url: db.url('migrator'), process: 'killed', poolSize: 1, settings: { transaction_timeout: '100' } })
  t.teardown(() => sql.end({ timeout: 1 }))
  for (let round = 0; round < 5; round++) {
    await t.rejects(transaction(sql, tx => tx`select pg_sleep(60)`), { code: 'CONNECTION_CLOSED' })
    t.equal((await sql`select 1 as one`)[0]?.one, 1)
  }
})

t.test('an error of the query itself is not retried', async t => {
  const db = await database(t)
  const sql = openDatabase({ url: db.url('migrator'), process: 'killed', poolSize: 1 })
  t.teardown(() => sql.end({ timeout: 1 }))
  await db.migrator`create sequence tries`
  await t.rejects(sql.unsafe("do $$ begin perform nextval('tries'); raise sqlstate '57P01'; end $$"), { code: '57P01' })
  t.equal((await db.migrator`select last_value::int as runs from tries`)[0]?.runs, 1)
  const refused = openDatabase({ url: db.url('migrator').replace(db.name, 'no_such_database'), process: 'killed', poolSize: 1 })
  t.teardown(() => refused.end({ timeout: 1 }))
  await t.rejects(refused`select 1`, { code: '3D000' })
})

t.test('a connection cannot be reserved', async t => {
  const sql = openDatabase({ url: (await database(t)).url('migrator'), process: 'killed', poolSize: 1 })
  t.teardown(() => sql.end({ timeout: 1 }))
  await t.rejects(sql.reserve(), /use a transaction/)
})

t.test('a pool, more queries than connections', async t => {
  const it = await pool(t, 4)
  const failures: string[] = []
  for (let round = 0; round < 5; round++) {
    await killUnderQueries(t, it, 4)
    await Promise.all(Array.from({ length: 20 }, (_, index) => it.sql`insert into notes values (${`${round}-${index}`})`.catch(error => failures.push(error.code))))
  }
  t.same(failures, [])
  const [row] = await it.db.migrator`select count(*)::int as notes, count(distinct note)::int as different from notes`
  t.same(row, { notes: 100, different: 100 }, 'each has run once')
})
