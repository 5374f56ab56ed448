import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import t from 'tap'
import { migrate } from '../../../../lib/migrations/migrate.ts'
import { readMigrations } from '../../../../lib/migrations/migrations.ts'
import { openDatabase } from '../../../../lib/postgres/database.ts'
import { maxRows } from '../../../../services/ops/read-only.ts'
import { database } from '../../../harness/database.ts'
import { sha256 } from '../../../harness/ingestion-api.ts'
import { ops } from '../../../harness/ops.ts'
import { load, prices, toCents } from '../../../harness/prices.ts'

t.test('the command of the runbook finds prices above the limit; its migration removes them from the ledger', async t => {
  const [remove] = await sqlOf('## Prices above the limit')
  const db = await database(t)
  const sql = db.migrator
  await applied(sql, 'demo', [['EETLL', '2021-01-05', 1154], ['EETLL', '2021-01-31', 7.5], ['EETLL', '2021-02-01', 8], ['NOOSL', '2021-01-05', 9]])
  const high = await applied(sql, 'demo-2', [['EETLL', '2021-01-05', 9_000_000], ['EETLL', '2021-02-01', 9_000_000], ['EETLL', '2021-01-05', 1_155], ['EETLL', '2021-01-05', 99_000_000]])
  const find = (...args: string[]) => ops(['prices', 'find', ...args], { DATABASE_URL: db.url('ops') })
  const lines = [`2021-01  ${high}  demo-2    2       9000000.00  99000000.00`, `2021-02  ${high}  demo-2    1       9000000.00  9000000.00`]
  t.match(await find('--above', '1000000'), { code: 0, stdout: `\n${lines.join('\n')}\n` }, 'unmerged')
  await mergeJanuary(sql)
  t.match(await find('--above', '1000000'), { code: 0, stdout: `\n${lines.join('\n')}\n` }, 'merged')
  t.match(await find('--above', '1000000', '--from', '2021-02', '--to', '2021-03'), { code: 0, stdout: `highest\n${lines[1]}\n` })
  t.match(await find('--above', '99000000'), { code: 0, stdout: 'No price is above 99000000 USD.' })
  t.match(await find('--above', '1', '--from', '2021-02', '--to', '2021-01'), { code: 2, stderr: '--from is after --to' })
  for (const [name, value] of [['--above', '1e6'], ['--from', '2021-13'], ['--to', '2021']]) t.match(await find('--above', '1', name!, value!), { code: 2, stderr: name! })

  const position = async (): Promise<number> => (await sql<[{ position: number }]>`select position from ledger_position`)[0].position
  const before = { prices: await allPrices(sql), position: await position() }
  const migrator = openDatabase({ url: db.url('migrator'), process: 'migrate', poolSize: 1 })
  const [last, ...others] = readMigrations().reverse()
  const removal = { ...last!, number: last!.number + 1, name: 'remove-prices', text: remove!, sha256: 'x', statements: undefined }
  t.same(await migrate(migrator, [...others.reverse(), last!, removal]), ['remove-prices'])
  await migrator.end()
  t.same(await allPrices(sql), before.prices.filter(({ price, month }) => Number(price) <= 1_000_000 || month !== '2021-01-01'), 'every other price stays, with its batch')
  t.same(await sql`select from merged_prices union all select from merged_sums`, [], 'the lane is to be merged again')
  t.same(await position(), before.position + 1, 'kept responses end')
})

t.test('prices find resumes within a month, by the command that its output names', async t => {
  const db = await database(t)
  const sql = db.migrator
  // January has more than two pages. Most of its batches have the same highest price, on both sides of the end of a page.
  const names = Array.from({ length: 2 * maxRows + 50 }, (_, index) => sha256(`batch ${index}`))
  await sql`
    insert into batches (id, provider, mode, format, digest, bytes, state, accepted_at)
    select id, 'demo', 'apply', 'csv', id, 1, 'applied', now() from unnest(${names}::text[]) as id`
  for (const { number } of await sql<Array<{ number: number }>>`select number from batches`) {
    const price = 2_000_000 + (number % 10 === 0 ? number : 0)
    await load(sql, prices(`CNGGZ EETLL 2021-01-05: ${price}`, ...number % 100 === 0 ? [`CNGGZ EETLL 2021-02-01: ${price}`] : []), number)
  }
  const expected = await sql<Array<{ month: string, id: string }>>`
    select to_char(day, 'YYYY-MM') as month, id from all_prices join batches on number = batch_number order by 1, price desc, id`

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

/** Writes an applied batch with prices from CNGGZ. Returns its id. */
async function applied (sql: Sql, provider: string, prices: Array<[dest: string, day: string, price: number]>): Promise<string> {
  const id = sha256(provider)
  const [{ number }] = await sql<[{ number: number }]>`
    insert into batches (id, provider, mode, format, digest, bytes, state, accepted_at) values (${id}, ${provider}, 'apply', 'csv', ${id}, 1, 'applied', now())
    returning number`
  await load(sql, prices.map(([dest, day, price]) => ({ orig: 'CNGGZ', dest, day, cents: toCents(price) })), number)
  return id
}

/** Merges the rows of the lane to EETLL in January that have the same width. */
async function mergeJanuary (sql: Sql): Promise<void> {
  await sql`
    insert into merged_prices select kind, month, orig_code, dest_code, string_agg(runs, '' order by runs), string_agg(days, '' order by runs), string_agg(cents, '' order by runs)
    from unmerged_prices where month = '2021-01-01' and dest_code = 'EETLL' group by kind, month, orig_code, dest_code, octet_length(cents) / octet_length(days)`
  await sql`
    insert into merged_sums values (0, '2021-01-01', 'CNGGZ', 'EETLL', array_fill(1, array[31]), array_fill(1::bigint, array[31]))` // only that it is deleted matters
  await sql`delete from unmerged_prices where month = '2021-01-01' and dest_code = 'EETLL'`
}

type Price = { dest: string, day: string, price: string, number: number, month: string }

const allPrices = async (sql: Sql): Promise<Price[]> => [...await sql<Price[]>`
  select dest_code as dest, day::text, price::text, batch_number as number, month::text from all_prices order by 1, 2, 3, 4`]

/** Returns the blocks of SQL in a section of the runbook. */
async function sqlOf (heading: string): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, '../../../../docs/runbook.md'), 'utf8')
  const section = text.slice(text.indexOf(`${heading}\n`) + heading.length).split(/^## /m)[0]!
  return [...section.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql!)
}
