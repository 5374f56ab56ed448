import { test } from 'tap'
import { database } from '../../../harness/database.ts'
import { insertUnmerged } from '../../../harness/ledger.ts'
import { readSums } from '../../../harness/ledger-sums.ts'
import { ops } from '../../../harness/ops.ts'

test('ledger merge merges each lane that has two rows, and no sum changes', async t => {
  const db = await database(t)
  const sql = db.open('ingestion_worker')
  const lanes = ['EETLL', 'FIHEL', 'DEHAM']
  for (let batch = 1; batch <= 3; batch++) {
    await insertUnmerged(sql, lanes.slice(batch === 1 ? 0 : 1).map(dest => ({ batch, dest, month: '2021-02-01', prices: [[batch, 100n]] })))
  }
  const before = await readSums(sql)
  const merge = (): ReturnType<typeof ops> => ops(['ledger', 'merge'], { DATABASE_URL: db.url('ops') })
  t.match(await merge(), { code: 0, stdout: 'Merged 6 rows with 6 prices. No lane and month has two rows that are not merged.\n' })
  t.match(await sql`select dest_code from unmerged_prices`, [{ dest_code: 'EETLL' }])
  t.strictSame(await readSums(sql), before)
  t.match(await merge(), { code: 0, stdout: 'Nothing was merged: no lane and month has two rows that are not merged.\n' })
})
