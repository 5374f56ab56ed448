import t from 'tap'
import { maxRows } from '../../../../services/ops/read-only.ts'
import { database } from '../../../harness/database.ts'
import { sha256 } from '../../../harness/ingestion-api.ts'
import { ops } from '../../../harness/ops.ts'

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
