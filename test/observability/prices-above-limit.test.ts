import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import t from 'tap'
import { pipeline } from '../harness/pipeline.ts'
import { startWorker } from '../harness/worker.ts'

const header = 'orig_code,dest_code,day,price\n'

t.test('the SQL of the runbook finds prices above the limit, removes them and computes their lanes anew', async t => {
  const [find, remove] = await sqlOf('## Prices above the limit')
  const it = await pipeline(t)
  const limits = { maxRows: 100, maxRowBytes: 1_000, maxDecodedBytes: 10_000, maxPriceUsd: 20_000_000 }
  startWorker(t, it, { limits }) // as a release without the limit
  const kept = await it.submit(`${header}CNGGZ,EETLL,2021-01-05,1154\nCNGGZ,EETLL,2021-01-31,7.5\nCNGGZ,EETLL,2021-02-01,8\nCNGGZ,NOOSL,2021-01-05,9\n`)
  const high = await it.submit(`${header}CNGGZ,EETLL,2021-01-05,9000000\nCNGGZ,EETLL,2021-02-01,9000000\nCNGGZ,EETLL,2021-01-05,1155\n`, { provider: 'demo-2' })
  for (const { id } of [kept, high]) await it.settled(id, 'applied')
  await it.db.migrator`insert into full_lane_months select * from lane_months where dest_code = 'EETLL' and month = '2021-01-01'`

  const found = await it.db.migrator.unsafe(find!)
  t.same(found.map(({ month, id, provider, count }) => ({ month, id, provider, count })),
    ['2021-01-01', '2021-02-01'].map(month => ({ month, id: high.id, provider: 'demo-2', count: 1 })))
  const session = postgres(it.db.url('migrator'), { max: 1, onnotice: () => {} }) // as psql: one session for all statements
  await session.unsafe(remove!).simple()
  await session.end()
  t.same(await it.db.migrator`select count(*) from prices where price > 1000000 and day < '2021-02-01'`, [{ count: 0 }])
  t.same(await it.db.migrator`
    select dest_code, month, counts[1] as c1, counts[5] as c5, cents[5] as s5, counts[31] as c31, cents[31] as s31 from lane_months order by dest_code, month`, [
    { dest_code: 'EETLL', month: '2021-01-01', c1: 0, c5: 2, s5: 230_900, c31: 1, s31: 750 },
    { dest_code: 'EETLL', month: '2021-02-01', c1: 2, c5: 0, s5: 0, c31: 0, s31: 0 },
    { dest_code: 'NOOSL', month: '2021-01-01', c1: 0, c5: 1, s5: 900, c31: 0, s31: 0 },
  ])
  t.same(await it.db.migrator`select from full_lane_months`, [])
})

/** The blocks of SQL in a section of the runbook. */
async function sqlOf (heading: string): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8')
  const section = text.slice(text.indexOf(`${heading}\n`) + heading.length).split(/^## /m)[0]!
  return [...section.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql!)
}
