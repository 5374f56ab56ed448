// Servers that refuse the functions for their log position: the readers and the writer of Aurora, and a role without the privilege.
import type { Sql } from 'postgres'
import t from 'tap'
import { openDatabase } from '../../../../lib/postgres/database.ts'
import { database } from '../../../harness/database.ts'
import { waitFor } from '../../../harness/wait.ts'
import { insertLane, path, ratesApiOn, replicated, setCount, type RatesResponse } from '../../../harness/replicated.ts'

const unknownAge = 2 ** 31

t.test('EXECUTE is revoked under open connections: no request fails, no response is cached, no age is reported, until it is granted again', async t => {
  const { primary, standbys: [standby], url, setCount } = await replicated(t)
  const [onPrimary, onStandby] = [primary, standby].map(server => openDatabase({ url: server.url('postgres', 'freight'), process: 'test', poolSize: 1 })) as [Sql, Sql]
  t.teardown(() => Promise.all([onPrimary, onStandby].map(sql => sql.end({ timeout: 0 }))))
  await setCount(1)
  // The servers are probed only by readiness checks. Until then the rates API does not know what the servers refuse.
  const { get, ready, cacheHits } = await ratesApiOn(t, url(primary), [url(standby)], { probeEveryMs: 600_000 })
  const getManyWays = (from: number): Promise<RatesResponse[]> => Promise.all(Array.from({ length: 12 }, (_, number) => get(spelling(from + number))))
  await waitFor(async () => (await ready()).states === 'ok ok' && (await get()).age !== undefined && (await cacheHits())! > 0)
  await getManyWays(100)

  await onPrimary`revoke execute on function pg_postmaster_start_time() from public`
  await waitFor(async () => !(await onStandby`select has_function_privilege('rates_api', 'pg_postmaster_start_time()', 'execute') as has`)[0]!.has)
  const responses = [...await getManyWays(200), await get()]
  t.same(responses.map(({ status, count, age }) => [status, count, age !== undefined]), responses.map(() => [200, 1, true]), 'on connections that were not refused before')
  await waitFor(async () => (await ready()).states === 'ok lagging')
  const { status, hosts } = await ready()
  t.same([status, hosts['replica-1']!.lagSeconds], [200, null])
  t.equal((await get()).age, undefined)

  const hitsBefore = await cacheHits()
  for (const count of [2, 3]) {
    await setCount(count)
    for (let again = 0; again < 3; again++) t.same(await get(), { status: 200, count, age: undefined }, 'the primary responds, with present data')
  }
  await primary.stop()
  await waitFor(async () => (await get()).count === 3)
  for (let again = 0; again < 3; again++) t.same(await get(), { status: 200, count: 3, age: unknownAge }, 'the replica responds, with data of unknown age')
  t.equal(await cacheHits(), hitsBefore)

  await primary.start()
  await waitFor(async () => (await ready()).states === 'ok lagging')
  await onPrimary`grant execute on function pg_postmaster_start_time() to public`
  await waitFor(async () => (await onStandby`select has_function_privilege('rates_api', 'pg_postmaster_start_time()', 'execute') as has`)[0]!.has)
  for (const sql of [onPrimary, onStandby]) await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'rates_api'`
  await waitFor(async () => (await ready()).states === 'ok ok' && (await get()).age !== undefined && (await cacheHits())! > hitsBefore!)
})

/** Returns the same query under another address: letter case does not matter. */
const spelling = (number: number): string =>
  path.replace(/(?<=_code=)(CNGGZ)(.*)(EETLL)/, (_, orig: string, between: string, dest: string) => inCase(orig, number >> 5) + between + inCase(dest, number))
const inCase = (code: string, bits: number): string => [...code].map((letter, at) => (bits >> at) & 1 ? letter.toLowerCase() : letter).join('')

const refusing = (name: string, code: string): string => `
  create function earlier.${name}() returns pg_lsn language plpgsql as $$ begin raise exception 'not here' using errcode = '${code}'; end $$;`

const servers = [
  {
    what: 'a reader that does not support the function (0A000)',
    functions: `create function earlier.pg_is_in_recovery() returns boolean language sql as 'select true'; ${refusing('pg_last_wal_replay_lsn', '0A000')}`,
  },
  { what: 'a writer whose wal_level is below logical (55000)', functions: refusing('pg_current_wal_flush_lsn', '55000') },
]

for (const { what, functions } of servers) {
  t.test(`${what}: the process is ready, and responds`, async t => {
    const db = await database(t)
    // These functions are found before those of pg_catalog, because the search path names pg_catalog after them.
    await db.open('postgres').unsafe(`
      create schema earlier; grant usage on schema earlier to public; ${functions}
      alter database ${db.name} set search_path = earlier, pg_catalog, public`).simple()
    await insertLane(db.migrator)
    const { get, ready, cacheHits } = await ratesApiOn(t, db.url('rates_api'), [db.url('rates_api')])
    await waitFor(async () => (await ready()).states === 'ok lagging')
    t.equal((await ready()).status, 200)
    for (const count of [2, 3]) {
      await setCount(db.migrator, count)
      for (let again = 0; again < 3; again++) t.same(await get(), { status: 200, count, age: undefined })
    }
    await waitFor(async () => (await get()).status === 200 && (await cacheHits())! > 0)
    const region = path.replace('CNGGZ', 'china_main')
    t.same(await get(region), { status: 200, count: 3, age: undefined })
  })
}

t.test('another missing privilege is 503 as before, and removes no entry from the cache', async t => {
  const db = await database(t)
  await insertLane(db.migrator)
  const { get, cacheHits } = await ratesApiOn(t, db.url('rates_api'), [])
  await waitFor(async () => (await get()).status === 200 && (await cacheHits())! > 0)
  await db.migrator`revoke select on merged_sums from rates_reader`
  const before = await cacheHits()
  t.equal((await get('/rates?date_from=2021-01-01&date_to=2021-01-30&orig_code=CNGGZ&dest_code=EETLL')).status, 503)
  await db.migrator`grant select on merged_sums to rates_reader`
  await waitFor(async () => (await get()).status === 200 && (await cacheHits())! > before!)
})
