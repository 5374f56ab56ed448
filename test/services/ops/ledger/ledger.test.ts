import t from 'tap'
import { database } from '../../../harness/database.ts'
import { ops } from '../../../harness/ops.ts'
import { load, prices } from '../../../harness/prices.ts'
import { waitFor } from '../../../harness/wait.ts'

t.test('ledger status shows the position, and what is left to merge', async t => {
  const db = await database(t)
  const sql = db.migrator
  for (const dest of ['EETLL', 'NLRTM']) await load(sql, prices(`CNGGZ ${dest} 2021-01-31: 1 2 3`, `CNGGZ ${dest} 2021-02-01: 1`))
  const status = () => ops(['ledger', 'status'], { DATABASE_URL: db.url('ops') })
  const shown = /^position +4; the time of the ledger is \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(UTC\)\nunmerged rows +4\nmerged rows +0\n/m
  await waitFor(async () => shown.test((await status()).stdout)) // statistics are some seconds old

  await sql`alter table ledger_position rename to hidden` // as in a database of an earlier release
  t.match(await status(), { code: 1, stderr: /^The database is that of an earlier release.*\n$/ })
})
