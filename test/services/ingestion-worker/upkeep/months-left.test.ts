import t from 'tap'
import { publishMonthsLeft } from '../../../../services/ingestion-worker/upkeep/months-left.ts'
import { openMetrics, valueOf } from '../../../../lib/metrics/metrics.ts'
import { ensurePartitions, monthAhead } from '../../../../lib/migrations/partitions.ts'
import { openDatabase } from '../../../../lib/postgres/database.ts'
import { database } from '../../../harness/database.ts'

t.test('the worker publishes for how many months after the current month prices are accepted', async t => {
  const db = await database(t)
  const sql = db.open('ingestion_worker')
  const metrics = openMetrics('ingestion-worker')
  const left = async (): Promise<number | undefined> => {
    await publishMonthsLeft({ sql, metrics })
    return await valueOf(metrics, 'freight_partition_months_left')
  }
  await ensurePartitions(db.migrator, monthAhead(-2), monthAhead(0))
  t.equal(await left(), 0, 'neither past months nor the current one count')
  await ensurePartitions(db.migrator, monthAhead(0), monthAhead(3))
  t.equal(await left(), 3)

  const unavailable = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', process: 'test', poolSize: 1 })
  await publishMonthsLeft({ sql: unavailable, metrics })
  await unavailable.end({ timeout: 0 })
  t.equal(await valueOf(metrics, 'freight_partition_months_left'), undefined, 'absent while the database is unavailable')
  t.equal(await left(), 3, 'and published again afterwards')
})
