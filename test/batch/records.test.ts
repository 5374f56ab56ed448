import t from 'tap'
import type { Manifest } from '../../services/batch/batch.ts'
import { readRecord, recordAccepted } from '../../services/batch/records.ts'
import { database } from '../harness/database.ts'

const id = 'a'.repeat(64)
const manifest = {
  name: { kind: 'key', value: 'january' },
  id, provider: 'demo', mode: 'apply', format: 'csv', digest: 'b'.repeat(64), bytes: 5_000_000_000, decodedBytes: null, acceptedAt: '2026-01-02T03:04:05.678Z',
} as Manifest

t.test('the row of a batch', async t => {
  const db = await database(t)
  const sql = db.open('ingestion_api')
  t.equal(await readRecord(sql, id), null)
  await Promise.all(Array.from({ length: 10 }, () => recordAccepted(sql, manifest)))
  t.match(await readRecord(sql, id), {
    id, provider: 'demo', state: 'queued', bytes: 5_000_000_000, decoded_bytes: null, accepted_at: manifest.acceptedAt, started_at: null, finished_at: null,
    row_count: null, error_count: null, first_errors: [], reason: null, attempts: 0, rows_read: null,
  })

  const worker = db.open('ingestion_worker')
  await worker`update batches set state = 'processing', started_at = '2026-01-02T03:04:06Z' where id = ${id}`
  await worker`insert into batch_attempts (batch_id, attempt, worker, rows_read) values (${id}, 1, 'x', 70), (${id}, 2, 'y', 30)`
  await recordAccepted(sql, { ...manifest, acceptedAt: '2030-01-01T00:00:00.000Z' })
  t.match(await readRecord(sql, id), {
    state: 'processing', accepted_at: manifest.acceptedAt, started_at: '2026-01-02T03:04:06.000Z', attempts: 2, rows_read: 30,
  }, 'is not written over, and shows the latest attempt')
})
