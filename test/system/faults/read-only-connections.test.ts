import type { Sql } from 'postgres'
import t from 'tap'
import { pipeline } from '../../harness/pipeline.ts'
import { waitFor } from '../../harness/wait.ts'
import { startWorker } from '../../harness/worker.ts'

t.test('a failover leaves every connection of the pool on a server that is now a replica: they are closed, and the batch is applied over new ones', async t => {
  const it = await pipeline(t)
  const superuser = it.db.open('postgres')
  // Connections opened now are read-only until they are closed; those opened later are not.
  await superuser.unsafe(`alter role ingestion_worker in database ${it.db.name} set default_transaction_read_only = on`)
  const sql = it.db.open('ingestion_worker')
  await openConnections(sql, superuser, 4)
  await superuser.unsafe(`alter role ingestion_worker in database ${it.db.name} reset default_transaction_read_only`)
  await t.rejects(sql`delete from batches`, { code: '25006' })

  startWorker(t, it, { sql })
  const { id } = await it.submit('orig_code,dest_code,day,price\nCNGGZ,EETLL,2021-01-05,100\n')
  await it.settled(id, 'applied')
  t.equal(await it.visible(id), 1)
  t.match(await it.db.migrator`select 1 from batch_attempts where batch_id = ${id} and outcome = 'failed'`, { length: 0 }, 'no receive was used up')
})

/** Opens `count` connections of a pool: each waits for a lock that `other` holds until all of them wait. */
async function openConnections (sql: Sql, other: Sql, count: number): Promise<void> {
  const opened = await other.begin(async tx => {
    await tx`select pg_advisory_xact_lock(1)`
    const all = Promise.all(Array.from({ length: count }, () => sql`select pg_advisory_xact_lock_shared(1)`))
    await waitFor(async () => (await tx`
      select from pg_locks
      where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`).length === count)
    return { all }
  })
  await opened.all
}
