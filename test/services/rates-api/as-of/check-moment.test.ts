import t from 'tap'
import type { Sql } from 'postgres'
import { checkMoment } from '../../../../services/rates-api/as-of/check-moment.ts'
import { utc } from '../../../harness/commit-batch.ts'
import { errorsOf, ratesApi } from '../../../harness/rates-api.ts'

const lane = { date_from: '2021-01-01', date_to: '2021-01-31', orig_code: 'CNGGZ', dest_code: 'EETLL' }

/** Returns a time of the server as `as_of` accepts it. */
async function timeOf (sql: Sql, time: ReturnType<Sql>): Promise<string> {
  const [row] = await sql<[{ at: string }]>`select ${utc(sql, time)} as at from ledger_position`
  return row.at
}

t.test('from the migration on until now: a moment before or after is refused with the earliest one', async t => {
  const { get, db: { migrator: sql } } = await ratesApi(t)
  const [since, before] = [await timeOf(sql, sql`as_of_since`), await timeOf(sql, sql`as_of_since - interval '1 microsecond'`)]
  t.equal((await get('/rates', { ...lane, as_of: since })).status, 404, 'the ports were loaded after the migration')
  t.equal((await get('/rates', { ...lane, as_of: await timeOf(sql, sql`clock_timestamp()`) })).status, 200)
  for (const [asOf, message] of [[before, `is before ${since}, the earliest moment that can be told`], [await timeOf(sql, sql`clock_timestamp() + interval '1 minute'`), 'is in the future']]) {
    const refused = await get('/rates', { ...lane, as_of: asOf! })
    t.match(refused, { status: 400, body: { type: '/problems/invalid-parameters', earliest: since, errors: [{ message }] } })
    t.same(errorsOf(refused), ['as_of out_of_range'])
  }
  const others = await get('/rates', { ...lane, date_from: 'x', as_of: 'yesterday' })
  t.same(errorsOf(others), ['date_from malformed', 'as_of malformed'], 'a moment that cannot be read is refused with the others')
  for (const asOf of ['', ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z']].map(value => [value].flat().map(each => `as_of=${each}`).join('&'))) {
    t.match(await get('/rates', `${new URLSearchParams(lane).toString()}&${asOf}`), { status: 400 })
  }
})

t.test('a moment of more than so many days ago is refused, by days of UTC', async t => {
  const { get, db: { migrator: sql } } = await ratesApi(t, { limits: { asOf: { keepDays: 400, maxPrices: 1 } } })
  await sql`update ledger_position set as_of_since = now() - interval '1000 days'`
  await sql`update reference_changes set changed_at = now() - interval '1000 days'`
  const earliest = await timeOf(sql, sql`date_trunc('day', now()) - interval '400 days'`)
  t.equal((await get('/rates', { ...lane, as_of: earliest })).status, 200)
  const before = await timeOf(sql, sql`date_trunc('day', now()) - interval '400 days' - interval '1 microsecond'`)
  t.match(await get('/rates', { ...lane, as_of: before }), { status: 400, body: { earliest } })
})

t.test('a moment at which a restore has lost commits is refused: the answer of before cannot be given again', async t => {
  const { get, db: { migrator: sql } } = await ratesApi(t)
  await sql`select pass_time()`
  const [from, until] = [await timeOf(sql, sql`at`), await timeOf(sql, sql`at + interval '2 microseconds'`)]
  await sql`insert into as_of_gaps values (${from}::text::timestamptz, ${until}::text::timestamptz)`
  for (const [after, status] of [[-1, 200], [0, 400], [1, 400], [2, 200]]) {
    const asOf = await timeOf(sql, sql`${from}::text::timestamptz + ${after!}::int * interval '1 microsecond'`)
    const response = await get('/rates', { ...lane, as_of: asOf })
    t.equal(response.status, status, `${after}`)
    if (status === 400) t.match(response.body, { errors: [{ message: `is in a time that a restore of the database has lost, from ${from} until ${until}` }] })
  }
})

t.test('a replica that was promoted has commits of its own, and is not asked', async t => {
  const { db } = await ratesApi(t)
  const sql = db.open('rates_api')
  const asOf = await timeOf(db.migrator, db.migrator`at`)
  await checkMoment(sql, { asOf, keepDays: 400, isReplica: false })
  await t.rejects(checkMoment(sql, { asOf, keepDays: 400, isReplica: true }), { code: 'database-unavailable' })
})

t.test('a clock that went back: no commit is as early as a moment that was answered', async t => {
  const { get, db: { migrator: sql } } = await ratesApi(t)
  await sql`update ledger_position set at = clock_timestamp() + interval '1 hour'` // the clock has gone back by an hour
  t.equal((await get('/rates', { ...lane, as_of: await timeOf(sql, sql`at`) })).status, 200)
  t.match(await get('/rates', { ...lane, as_of: await timeOf(sql, sql`at + interval '1 microsecond'`) }), { status: 400, body: { errors: [{ message: 'is in the future' }] } })
  const before = await timeOf(sql, sql`at`)
  await sql`select pass_time()`
  t.equal(await timeOf(sql, sql`at`), before, 'the time does not go back')
})
