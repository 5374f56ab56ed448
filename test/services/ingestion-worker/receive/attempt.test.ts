import t from 'tap'
import { beginAttempt, finishAttempt, reportProgress } from '../../../../services/ingestion-worker/receive/attempt.ts'
import { readRecord } from '../../../../lib/batch/records.ts'
import { sampleCsv } from '../../../../lib/sample/month.ts'
import { lockBatchLanes } from '../../../harness/lock.ts'
import { pipeline } from '../../../harness/pipeline.ts'
import { waitFor } from '../../../harness/wait.ts'
import { startWorker } from '../../../harness/worker.ts'

t.test('a batch in progress reports its progress', async t => {
  const it = await pipeline(t)
  const lock = await lockBatchLanes(t, it.db)
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

t.test('a late progress report does not change a finished attempt', async t => {
  const it = await pipeline(t)
  const manifest = await it.submit('orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n')
  const sql = it.db.open('ingestion_worker')
  const attempt = (await beginAttempt(sql, manifest, 'test'))!
  let reports = 0
  const progress = reportProgress(sql, attempt, () => ({ read: ++reports, expected: 1_000, bytes: 0 }), 5)
  await finishAttempt(sql, attempt, 'applied', 1)
  const before = reports
  await waitFor(() => reports > before + 1)
  await progress.stop()
  t.match(await readRecord(sql, manifest.id), { rows_read: 1, rows_expected: null })
})
