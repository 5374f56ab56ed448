import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { migrate } from '../../../../lib/migrations/migrate.ts'
import { readMigrations } from '../../../../lib/migrations/migrations.ts'
import { openDatabase } from '../../../../lib/postgres/database.ts'
import { maxRows } from '../../../../services/ops/read-only.ts'
import { database } from '../../../harness/database.ts'
import { sha256 } from '../../../harness/ingestion-api.ts'
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
  t.match(await find('--above', '1', '--from', '2021-02', '--to', '2021-01'), { code: 2, stderr: '--from is after --to' })
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

t.test('prices find resumes within a month, by the command that its output names', async t => {
  const db = await database(t)
  const sql = db.migrator
  // January has more than two pages. Most of its batches have the same highest price, on both sides of the end of a page.
  const names = Array.from({ length: 2 * maxRows + 50 }, (_, index) => sha256(`batch ${index}`))
  await sql`
    insert into batches (id, provider, mode, format, digest, bytes, state, accepted_at)
    select id, 'demo', 'apply', 'csv', id, 1, 'applied', now() from unnest(${names}::text[]) as id`
  await sql`
    insert into prices (orig_code, dest_code, day, price, batch_number)
    select 'CNGGZ', 'EETLL', day, case when number % 10 = 0 then 2000000 + number else 2000000 end, number
    from batches, unnest(array['2021-01-05', '2021-02-01']::date[]) as day where day < '2021-02-01' or number % 100 = 0`
  const expected = await sql<Array<{ month: string, id: string }>>`
    select to_char(day, 'YYYY-MM') as month, id from prices join batches on number = batch_number order by 1, price desc, id`

  const seen: Array<{ month: string, id: string }> = []
  const pages: number[] = []
  for (let args: string[] | undefined = ['--above', '1000000', '--from', '2021-01', '--to', '2021-02']; args;) {
    const { code, stdout } = await ops(['prices', 'find', ...args], { DATABASE_URL: db.url('ops') })
    t.equal(code, 0)
    const rows = [...stdout.matchAll(/^(\d{4}-\d\d) +([0-9a-f]{64}) /gm)].map(([, month, id]) => ({ month: month!, id: id! }))
    seen.push(...rows)
    pages.push(rows.length)
    args = /^npm run ops -- prices find (.*)$/m.exec(stdout)?.[1]?.split(' ')
    if (pages.length > 5) throw new Error('the list does not end')
  }
  t.same(pages, [maxRows, maxRows, expected.length - 2 * maxRows])
  t.same(seen, [...expected], 'each batch once, in order, no month left out')

  const last = `2021-02/2000000.00/${'f'.repeat(64)}`
  t.match(await ops(['prices', 'find', '--above', '1000000', '--after', last], { DATABASE_URL: db.url('ops') }), { code: 0, stdout: /^No other price/ })
  for (const wrong of [['--after', '2021-01'], ['--after', last, '--from', '2021-01'], ['--after', `2021-13/1.00/${names[0]}`]]) {
    t.match(await ops(['prices', 'find', '--above', '1', ...wrong], { DATABASE_URL: db.url('ops') }), { code: 2, stderr: '--after' })
  }
})

/** Returns the blocks of SQL in a section of the runbook. */
async function sqlOf (heading: string): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, '../../../../docs/runbook.md'), 'utf8')
  const section = text.slice(text.indexOf(`${heading}\n`) + heading.length).split(/^## /m)[0]!
  return [...section.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql!)
}
