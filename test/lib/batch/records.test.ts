import t from 'tap'
import type { Manifest } from '../../../lib/batch/batch.ts'
import { readRecord, recordAccepted, recordLost } from '../../../lib/batch/records.ts'
import { database } from '../../harness/database.ts'

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
  }, 'is not overwritten, and shows the latest attempt')
})

t.test('the row of a batch that the database has lost is that of its acceptance, except for its place in the queue', async t => {
  const db = await database(t)
  const sql = db.open('ops')
  const stored = { ...manifest, payloadStoredAt: '2026-01-02T02:00:00.123Z' }
  const row = async () => (await db.migrator`
    select id, provider, mode, state, format, digest, bytes, decoded_bytes, accepted_at, name_kind, payload_stored_at, waits, queued_at = 'infinity' as is_last
    from batches`)[0]
  await recordAccepted(sql, stored)
  const accepted = await row()
  await db.migrator`delete from batches`
  t.same(await recordLost(sql, [stored, { ...stored }]), [id])
  t.same(await row(), { ...accepted, is_last: true })
  t.same(await recordLost(sql, [stored]), [], 'is not overwritten')
})
