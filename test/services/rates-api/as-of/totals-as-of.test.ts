import type { Sql } from 'postgres'
import t from 'tap'
import { commitBatch, holdCommit, utc } from '../../../harness/commit-batch.ts'
import { prices } from '../../../harness/prices.ts'
import { ratesApi } from '../../../harness/rates-api.ts'
import { waitFor } from '../../../harness/wait.ts'

const lane = { date_from: '2021-01-31', date_to: '2021-01-31', orig_code: 'CNGGZ', dest_code: 'EETLL' }
const three = prices('CNGGZ EETLL 2021-01-31: 1118 1191 1154')

t.test('a commit under way: the response waits for it, and has its batch', async t => {
  const it = await ratesApi(t)
  const commit = await holdCommit(it.db.migrator, three)
  t.teardown(commit)
  const asOf = await now(it.db.migrator)
  const response = it.get('/rates', { ...lane, as_of: asOf })
  const superuser = it.db.open('postgres')
  await waitFor(async () => (await superuser`
    select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%pass_time%'`).length === 1)
  await commit()
  t.match((await response).body, { rates: [{ count: 3 }] })
  t.match((await it.get('/rates', { ...lane, as_of: asOf })).body, { rates: [{ count: 3 }] })
})

t.test('a commit that has not begun: it is later than each moment that was answered', async t => {
  const { get, db: { migrator: sql } } = await ratesApi(t)
  await commitBatch(sql, three)
  const asOf = await now(sql)
  let before: unknown
  await commitBatch(sql, three, [], async () => { before = (await get('/rates', { ...lane, as_of: asOf })).body })
  t.match(before, { rates: [{ count: 3 }] })
  t.same((await get('/rates', { ...lane, as_of: asOf })).body, before)
  t.match((await get('/rates', lane)).body, { rates: [{ count: 6 }] })
})

t.test('a commit that does not end: 503 after the limit, and /rates of now does not wait', async t => {
  const it = await ratesApi(t, { limits: { limitMs: 1_000 } })
  const commit = await holdCommit(it.db.migrator, three)
  t.teardown(commit)
  t.match(await it.get('/rates', { ...lane, as_of: await now(it.db.migrator) }), { status: 503, body: { type: '/problems/database-unavailable' } })
  t.match(await it.get('/rates', lane), { status: 200 })
  await commit()
})

t.test('a moment that a commit has passed is answered without a write', async t => {
  const { get, db: { migrator: sql } } = await ratesApi(t)
  await commitBatch(sql, three)
  const asOf = await now(sql)
  await commitBatch(sql, three)
  const version = async () => [...await sql`select xmin::text, position from ledger_position`]
  const before = await version()
  t.match((await get('/rates', { ...lane, as_of: asOf })).body, { rates: [{ count: 3 }] })
  t.same(await version(), before)
  const [{ position }] = before as [{ position: number }]
  await get('/rates', { ...lane, as_of: await now(sql) })
  t.not((await version())[0]!.xmin, before[0]!.xmin)
  t.same((await version())[0]!.position, position, 'the time passes, and the position stays')
})

t.test('the role of the rates API lets time pass, and can do nothing else with the position; no other role can', async t => {
  const { db } = await ratesApi(t)
  const api = db.open('rates_api')
  await api`select pass_time()`
  await t.rejects(api`update ledger_position set at = now()`, { code: '42501' })
  await t.rejects(api`update ledger_position set position = 0`, { code: '42501' })
  await t.rejects(api`select provider from batches`, { code: '42501' })
  for (const login of ['ingestion_api', 'ingestion_worker', 'ops'] as const) await t.rejects(db.open(login)`select pass_time()`, { code: '42501' }, login)
})

async function now (sql: Sql): Promise<string> {
  const [row] = await sql<[{ now: string }]>`select ${utc(sql, sql`clock_timestamp()`)} as now`
  return row.now
}
