import t from 'tap'
import { readRecord } from '../../services/batch/records.ts'
import { sampleCsv } from '../../services/sample/month.ts'
import { lockReadModel } from '../harness/lock.ts'
import { pipeline } from '../harness/pipeline.ts'
import { waitFor } from '../harness/wait.ts'
import { startWorker } from '../harness/worker.ts'

t.test('a batch in the middle says how far it is', async t => {
  const it = await pipeline(t)
  const lock = await lockReadModel(t, it.db)
  startWorker(t, it)
  const csv = sampleCsv()
  const rows = csv.trimEnd().split('\n').length - 1
  const { id } = await it.submit(csv)
  const api = it.db.open('ingestion_api')
  await waitFor(async () => (await readRecord(api, id))?.rows_read === rows)
  t.match(await readRecord(api, id), { state: 'processing', rows_read: rows, rows_expected: rows, row_count: null })
  await lock.release()
  await it.settled(id, 'applied')
  t.match(await readRecord(api, id), { state: 'applied', rows_read: rows, row_count: rows })
})
