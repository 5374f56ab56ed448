import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { migrate } from '../../../../lib/migrations/migrate.ts'
import { readMigrations } from '../../../../lib/migrations/migrations.ts'
import { openDatabase } from '../../../../lib/postgres/database.ts'
import { ops } from '../../../harness/ops.ts'
import { pipeline } from '../../../harness/pipeline.ts'
import { startWorker } from '../../../harness/worker.ts'

const header = 'orig_code,dest_code,day,price\n'

t.test('the command of the runbook finds prices above the limit; its migration removes them and recomputes their lanes', async t => {
  const [remove] = await sqlOf('## Prices above the limit')
  const it = await pipeline(t)
  const limits = { maxRows: 100, maxRowBytes: 1_000, maxDecodedBytes: 10_000, maxPriceUsd: 20_000_000 }
  startWorker(t, it, { limits }) // as a release without the limit did
  const correct = await it.submit(`${header}CNGGZ,EETLL,2021-01-05,1154\nCNGGZ,EETLL,2021-01-31,7.5\nCNGGZ,EETLL,2021-02-01,8\nCNGGZ,NOOSL,2021-01-05,9\n`)
  const high = await it.submit(`${header}CNGGZ,EETLL,2021-01-05,9000000\nCNGGZ,EETLL,2021-02-01,9000000\nCNGGZ,EETLL,2021-01-05,1155\n`, { provider: 'demo-2' })
  for (const { id } of [correct, high]) await it.settled(id, 'applied')
  await it.db.migrator`insert into full_lane_months select * from lane_months where dest_code = 'EETLL' and month = '2021-01-01'`

  const find = (...args: string[]) => ops(['prices', 'find', ...args], { DATABASE_URL: it.db.url('ops') })
  const lines = ['2021-01', '2021-02'].map(month => `${month}  ${high.id}  demo-2    1       9000000.00  9000000.00`)
  t.match(await find('--above', '1000000'), { code: 0, stdout: `\n${lines.join('\n')}\n` })
  t.match(await find('--above', '1000000', '--from', '2021-02', '--to', '2021-03'), { code: 0, stdout: `highest\n${lines[1]}\n` })
  t.match(await find('--above', '9000000'), { code: 0, stdout: 'No price is above 9000000 USD.' })
  for (const [name, value] of [['--above', '1e6'], ['--from', '2021-13'], ['--to', '2021']]) t.match(await find('--above', '1', name!, value!), { code: 2, stderr: name! })

  const sql = openDatabase({ url: it.db.url('migrator'), process: 'migrate', poolSize: 1 })
  const [last, ...before] = readMigrations().reverse()
  const removal = { ...last!, number: last!.number + 1, name: 'remove-prices', text: remove!, sha256: 'x', statements: undefined }
  t.same(await migrate(sql, [...before.reverse(), last!, removal]), ['remove-prices'])
  await sql.end()
  t.same(await it.db.migrator`select count(*) from prices where price > 1000000 and day < '2021-02-01'`, [{ count: 0 }])
  t.same(await it.db.migrator`
    select dest_code, month, counts[1] as c1, counts[5] as c5, cents[5] as s5, counts[31] as c31, cents[31] as s31 from lane_months order by dest_code, month`, [
    { dest_code: 'EETLL', month: '2021-01-01', c1: 0, c5: 2, s5: 230_900, c31: 1, s31: 750 },
    { dest_code: 'EETLL', month: '2021-02-01', c1: 2, c5: 0, s5: 0, c31: 0, s31: 0 },
    { dest_code: 'NOOSL', month: '2021-01-01', c1: 0, c5: 1, s5: 900, c31: 0, s31: 0 },
  ])
  t.same(await it.db.migrator`select from full_lane_months`, [])
})

/** Returns the blocks of SQL in a section of the runbook. */
async function sqlOf (heading: string): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, '../../../../docs/runbook.md'), 'utf8')
  const section = text.slice(text.indexOf(`${heading}\n`) + heading.length).split(/^## /m)[0]!
  return [...section.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql!)
}
