import t from 'tap'
import { copyPrices } from '../../../../services/ingestion-worker/apply/copy.ts'
import { CopyEncoder } from '../../../../services/ingestion-worker/rows/output/copy-encoder.ts'
import { transaction } from '../../../../lib/postgres/transaction.ts'
import { database } from '../../../harness/database.ts'
import { rules } from '../../../harness/read-rows.ts'

t.test('an error of the server at the very end of a COPY is reported unchanged, and the transaction can be rolled back', async t => {
  const sql = (await database(t)).open('ingestion_worker')
  const complete = new CopyEncoder(rules, 1n).finish()
  const failure = transaction(sql, async tx => {
    const copy = await copyPrices(tx)
    await copy.write(complete.subarray(0, 15)) // the server waits for the rest of the file header until the client ends the COPY
    await copy.end()
  })
  await t.rejects(failure, { code: '22P04' })
  t.same(await sql`select count(*)::int from applied_batches`, [{ count: 0 }])
})

t.test('an error of the server in the middle of a COPY, and a COPY that the client aborts', async t => {
  const sql = (await database(t)).open('ingestion_worker')
  await t.rejects(transaction(sql, async tx => {
    const copy = await copyPrices(tx)
    for (;;) await copy.write(Buffer.alloc(65_536))
  }), { code: '22P04' })
  await t.rejects(transaction(sql, async tx => {
    const copy = await copyPrices(tx)
    await copy.abort()
    throw new Error('a bad row')
  }), { message: 'a bad row' })
  t.same(await sql`select count(*)::int from applied_batches`, [{ count: 0 }])
})
