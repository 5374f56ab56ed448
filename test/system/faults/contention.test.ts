import { pino } from 'pino'
import t, { type Test } from 'tap'
import { backoffMs } from '../../../lib/process/backoff.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { lockBatchLanes } from '../../harness/lock.ts'
import { pipeline, type Pipeline } from '../../harness/pipeline.ts'
import { waitFor } from '../../harness/wait.ts'
import { startWorker } from '../../harness/worker.ts'

const csv = 'orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\nCNGGZ,EETLL,2021-02-05,200\n'

t.test('40P01: the worker is the victim of a deadlock', async t => {
  const it = await contended(t)
  await it.whileHeld(async tx => {
    await tx`set local deadlock_timeout = '1h'` // so that the other side detects the deadlock
    await tx`select 1 from ledger_position for update`
  }, async tx => {
    await tx`select 1 from batches for update`
  })
  await it.appliedAfter('40P01')
})

t.test('40001: the row that the worker updates has changed since its snapshot', async t => {
  const it = await contended(t, { default_transaction_isolation: 'repeatable read' })
  await it.whileHeld(async tx => {
    await tx`update ledger_position set position = position`
  })
  await it.appliedAfter('40001')
})

t.test('55P03: a lock is not available in time', async t => {
  const it = await contended(t, { lock_timeout: '200ms' })
  const lock = await lockBatchLanes(t, it.db)
  await it.failed('55P03')
  await lock.release()
  await it.appliedAfter('55P03')
})

t.test('53300: the server has no connection left', async t => {
  const it = await contended(t)
  const superuser = it.db.open('postgres')
  await superuser.unsafe(`alter database ${it.db.name} connection limit 0`)
  await superuser`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${it.db.name} and usename = 'ingestion_worker'`
  await it.failed('53300')
  await superuser.unsafe(`alter database ${it.db.name} connection limit -1`)
  await it.appliedAfter('53300')
})

t.test('the delay between tries grows up to a limit, and differs between workers', async t => {
  for (const [tries, fullMs] of [[1, 200], [2, 400], [5, 3_200], [99, 30_000]] as const) {
    const pauses = Array.from({ length: 200 }, () => backoffMs(tries))
    t.ok(pauses.every(ms => ms >= fullMs / 2 && ms <= fullMs))
    t.ok(Math.max(...pauses) - Math.min(...pauses) > fullMs / 4)
  }
})

/** Starts a worker that has applied a batch of the same lanes. Its queue allows one receive for each message. */
async function contended (t: Test, settings: Record<string, string> = {}) {
  const it = await pipeline(t, { maxReceives: 1 })
  const failures: Array<{ err?: { code?: string }, held?: boolean, receives?: number }> = []
  const log = pino({ level: 'debug' }, { write: (line: string) => { failures.push(JSON.parse(line)) } })
  const sql = openDatabase({ url: it.db.url('ingestion_worker'), process: 'test', poolSize: 7, settings })
  t.teardown(() => sql.end({ timeout: 1 }))
  startWorker(t, it, { sql, log })
  const first = await it.submit(csv, { key: 'first' })
  await it.settled(first.id, 'applied')
  const submit = (): ReturnType<Pipeline['submit']> => it.submit(csv, { key: 'second' })
  const hasFailedWith = (code: string): boolean => failures.some(({ err }) => err?.code === code)
  const ofBatches = (): typeof failures => failures.filter(({ held }) => held !== undefined)
  const failed = async (code: string): Promise<void> => {
    await submit()
    await waitFor(() => hasFailedWith(code) && ofBatches().length > 0)
  }
  return {
    ...it,
    failed,
    /** Sends the batch after another session has run `before`. Runs `then` when the worker waits for that session. */
    async whileHeld (before: (tx: typeof sql) => Promise<void>, then: (tx: typeof sql) => Promise<void> = async () => {}): Promise<void> {
      const superuser = it.db.open('postgres')
      await superuser.begin(async tx => {
        await before(tx as unknown as typeof sql)
        await submit()
        await waitFor(async () => (await superuser`
          select 1 from pg_stat_activity where datname = ${it.db.name} and usename = 'ingestion_worker' and wait_event_type = 'Lock'`).length > 0)
        await then(tx as unknown as typeof sql)
      })
    },
    async appliedAfter (code: string): Promise<void> {
      const { id } = await submit()
      await it.settled(id, 'applied', 'dead_lettered')
      t.ok(hasFailedWith(code), `failed with ${code}`)
      t.ok(ofBatches().length > 0 && ofBatches().every(({ held, receives }) => held && receives === 1), 'the message is held')
      t.equal(await it.visible(id), 2)
      t.same(await it.db.migrator`select day::text, count(*)::int from all_prices group by day order by day`,
        [{ day: '2021-01-05', count: 2 }, { day: '2021-02-05', count: 2 }])
      t.same(await it.db.migrator`select max(position) - min(position) as apart, count(*)::int from applied_batches`, [{ apart: 1, count: 2 }])
    },
  }
}
