import t from 'tap'
import type { Sql } from 'postgres'
import { applyBatch } from '../../../../services/ingestion-worker/apply/apply.ts'
import { beginAttempt } from '../../../../services/ingestion-worker/receive/attempt.ts'
import { pipeline, type Pipeline } from '../../../harness/pipeline.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n'
const limits = { maxRows: 10, maxRowBytes: 1_000, maxDecodedBytes: 1_000, maxPriceUsd: 1_000_000 }

t.test('eight writers: positions have no gap, whoever sees one sees all below it, and times grow although the clock is behind', async t => {
  const it = await pipeline(t)
  const [{ before }] = await it.db.migrator<[{ before: number }]>`update ledger_position set at = now() + interval '1 hour' returning position as before`
  const written = new AbortController()
  const looks = look(it.db.migrator, before)
  await Promise.all(Array.from({ length: 8 }, async (_, writer) => {
    const sql = it.db.open('ingestion_worker')
    for (let batch = 0; batch < 8; batch++) t.equal(await apply(it, sql, `${writer}-${batch}`), 'applied')
  }))
  written.abort()
  t.same((await looks).filter(({ position, last, count }) => position !== last || last !== count), [])
  const applied = await it.db.migrator<Array<{ position: number, at: string }>>`
    select position, (extract(epoch from applied_at) * 1e6)::bigint::text as at from applied_batches order by position`
  t.same(applied.map(({ position }) => position), Array.from({ length: 64 }, (_, at) => before + at + 1))
  t.same(await it.db.migrator`select min(applied_at) > now() + interval '30 minutes' as later from applied_batches`, [{ later: true }], 'later than the time before')
  t.ok(applied.every(({ at }, i) => i === 0 || BigInt(at) > BigInt(applied[i - 1]!.at)))
  t.same(await it.db.migrator`select min(applied_at) > now() + interval '30 minutes' as is_later from applied_batches`, [{ is_later: true }], 'than the time before')

  async function look (sql: Sql, before: number): Promise<Array<{ position: number, last: number, count: number }>> {
    const seen = []
    while (!written.signal.aborted) {
      seen.push(...await sql<Array<{ position: number, last: number, count: number }>>`
        select ledger_position.position, coalesce(max(applied.position), ${before}) as last, ${before} + count(applied.position) as count
        from ledger_position left join applied_batches as applied on true group by 1`)
    }
    return seen
  }
})

t.test('two attempts at one batch at the same time: one applies it, the other finds it final', async t => {
  const it = await pipeline(t)
  const manifest = await it.submit(csv, { key: 'one' })
  const outcomes = await Promise.all([1, 2, 3].map(async () => {
    const sql = it.db.open('ingestion_worker')
    const attempt = await beginAttempt(sql, manifest, 'test')
    if (!attempt) return 'already final'
    return await applyBatch({ sql, store: it.store, limits, signal: new AbortController().signal, onProgress: () => {} }, manifest, attempt)
  }))
  t.same(outcomes.sort(), ['already final', 'already final', 'applied'])
  t.equal(await it.visible(manifest.id), 1)
})

async function apply ({ store, submit }: Pipeline, sql: Sql, key: string): Promise<string> {
  const manifest = await submit(csv, { key })
  const attempt = await beginAttempt(sql, manifest, 'test')
  return await applyBatch({ sql, store, limits, signal: new AbortController().signal, onProgress: () => {} }, manifest, attempt!)
}
