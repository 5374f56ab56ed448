import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { mergeAll } from '../../lib/ledger/merge/merge-all.ts'
import { migrate } from '../../lib/migrations/migrate.ts'
import { emptyDatabase } from '../harness/empty-database.ts'
import { migrateAsBefore } from '../harness/old-schema.ts'
import { loadOldBatches } from '../harness/old-tables.ts'

const months = ['2021-01-01', '2021-02-01']

t.test('the queries of an audit in docs/how-it-works.md find the prices, lanes, positions and differences', async t => {
  const sql = (await emptyDatabase(t)).open()
  await migrateAsBefore(sql, months)
  await loadOldBatches(sql, { batches: 3, lanes: 4, prices: 5, months })
  await sql`update lane_months set counts[3] = counts[3] + 2, cents[3] = cents[3] + 700 where dest_code = (select max(dest_code) from lane_months) and month = '2021-01-01'`
  await sql`update batches set row_count = 40`
  await migrate(sql)
  await mergeAll(sql)
  const [{ orig, dest, id }] = await sql<[Record<'orig' | 'dest' | 'id', string>]>`
    select orig_code as orig, max(dest_code) as dest, (select min(id) from batches) as id from all_prices group by orig_code`

  const { lane, positions, counts, lanes, differences } = await auditQueries()
  const run = (query: string) => sql.unsafe(query.replaceAll('CNGGZ', orig).replaceAll('EETLL', dest).replaceAll("'ID'", `'${id}'`))
  t.equal((await run(lane)).length, 15)
  t.same((await run(positions)).map(row => [row.position, row.row_count]), [[3, 40], [2, 40], [1, 40]])
  t.match(await run(counts), [{ row_count: 40, prices: 40 }])
  const found = await run(lanes)
  t.equal(found.length, 8)
  t.match(found.filter(row => row.dest_code === dest), months.map(month => ({ month, orig_code: orig })))
  t.match(await run(differences), [{ orig_code: orig, dest_code: dest, day: '2021-01-03', prices: '2', cents: '700' }])
})

/** Returns the queries in the order of the document. */
async function auditQueries (): Promise<Record<'lane' | 'positions' | 'counts' | 'lanes' | 'differences', string>> {
  const text = await readFile(join(import.meta.dirname, '../../docs/how-it-works.md'), 'utf8')
  const queries = /```sql\n(.*?)```/s.exec(text)![1]!.split(';').filter(query => query.trim() !== '')
  const [lane, positions, counts, lanes, differences, ...others] = queries as [string, string, string, string, string]
  if (others.length > 0) throw new Error(`queries without a test: ${others.join()}`)
  return { lane, positions, counts, lanes, differences }
}
