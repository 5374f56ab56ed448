import t from 'tap'
import { sampleCsv } from '../../../lib/sample/month.ts'
import { lockBatchLanes } from '../../harness/lock.ts'
import { pipeline } from '../../harness/pipeline.ts'
import { waitFor } from '../../harness/wait.ts'
import { startWorker } from '../../harness/worker.ts'

t.test('the same message a hundred times, concurrently and in sequence: one effect', async t => {
  const it = await pipeline(t)
  const csv = sampleCsv()
  const rows = csv.trimEnd().split('\n').length - 1
  const { id } = await it.submit(csv)
  // Groups are processed concurrently; each has ten messages.
  for (let copy = 1; copy < 100; copy++) await it.queue.send(id, `group-${copy % 10}`, `copy-${copy}`)
  const lock = await lockBatchLanes(t, it.db)
  for (const name of ['one', 'two']) startWorker(t, it, { name, receive: { concurrency: 3, receiveSeconds: 1 } })
  await waitFor(async () => (await it.db.migrator`select 1 from batch_attempts where batch_id = ${id}`).length === 6)
  await lock.release()
  await waitFor(async () => await it.queue.countMessages() === 0)

  t.match(await it.settled(id, 'applied'), { row_count: rows })
  t.equal(await it.visible(id), rows)
  t.same(await it.db.migrator`select position, count(*)::int from applied_batches group by 1`, await it.db.migrator`select position, 1 as count from ledger_position`)
  t.same(await it.db.migrator`select row_count from applied_batches`, [{ row_count: rows }])
  t.same(await it.db.migrator`
    select outcome, count(*)::int, count(finished_at)::int as finished from batch_attempts group by outcome order by count`, [
    { outcome: 'applied', count: 1, finished: 1 },
    { outcome: 'already final', count: 5, finished: 5 },
  ], 'no attempt begins a final batch, and each of the six is finished')
  t.equal(await it.deadLetters.countMessages(), 0)
})
