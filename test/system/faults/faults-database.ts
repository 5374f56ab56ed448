import postgres from 'postgres'
import type { Fault } from './fault.ts'

const restart = (signal: 'SIGINT' | 'SIGQUIT'): Fault => async ({ system, correct, holdFor }) => {
  await system.server.stop(signal)
  correct(0.5)
  await holdFor(0, 2_500)
  await system.server.start()
}

/** Simulates a failover that leaves open connections on a server that is now a replica. */
const readOnly: Fault = async ({ system: { admin }, holdFor }) => {
  await admin`alter system set default_transaction_read_only = on`
  await admin`select pg_reload_conf()`
  await holdFor(500, 2_000)
  await admin`alter system reset default_transaction_read_only`
  await admin`select pg_reload_conf()`
}

/** The same fault, and connections opened meanwhile stay read-only until they are closed. */
const readOnlyConnections: Fault = async ({ system: { admin }, holdFor }) => {
  await admin`alter role ingestion_worker set default_transaction_read_only = on`
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ingestion_worker'`
  await holdFor(500, 1_500)
  await admin`alter role ingestion_worker reset default_transaction_read_only`
}

const terminate: Fault = async ({ system: { admin } }) => {
  const terminated = await admin`select pg_terminate_backend(pid) from pg_stat_activity where usename <> 'postgres' and backend_type = 'client backend'`
  return { detail: `${terminated.length} backends` }
}

/** Blocks between the COPY and the commit of every batch; readers wait too. */
const lockReadModel: Fault = async ({ system: { admin }, holdFor }) => {
  await admin.begin(async tx => {
    await tx`lock table batch_lanes, merged_sums in access exclusive mode`
    await holdFor(500, 2_500)
  })
}

const rotatePassword: Fault = async ({ system: { admin }, pick, holdFor }) => {
  const login = pick(['ingestion_worker', 'ingestion_api', 'rates_api'])
  await admin.unsafe(`alter role ${login} password 'another'`)
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${login}`
  await holdFor(500, 2_000)
  await admin.unsafe(`alter role ${login} password 'test'`)
  return { detail: login }
}

/** Takes every connection that is left for others, and makes the services open new ones. */
const tooMany: Fault = async ({ system, holdFor }) => {
  const connections: Array<ReturnType<typeof postgres>> = []
  try {
    await system.admin`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ingestion_worker'`
    for (;;) {
      const sql = postgres(system.server.url('migrator', 'freight'), { max: 1, onnotice: () => {} })
      connections.push(sql)
      if (!await sql`select 1`.then(() => true, () => false)) break
    }
    await holdFor(500, 2_000)
  } finally {
    await Promise.all(connections.map(sql => sql.end({ timeout: 0 })))
  }
  return { detail: `${connections.length} connections` }
}

const fillDisk: Fault = async ({ system: { disk }, holdFor }) => {
  if (!disk) return { detail: 'skipped: no separate disk could be mounted' }
  disk.fill()
  await holdFor(1_000, 3_000)
  disk.free()
}

/** Keeps a snapshot open: it must neither block batches nor see later batches. */
const longReader: Fault = async ({ system: { admin }, holdFor }) => {
  const seen = await admin.begin('isolation level repeatable read read only', async tx => {
    const [before] = await tx`select count(*) as prices from all_prices`
    await holdFor(500, 2_500)
    const [after] = await tx`select count(*) as prices from all_prices`
    return [before!.prices, after!.prices]
  })
  return { detail: seen[0] === seen[1] ? '' : `CHANGED from ${seen.join(' to ')}` }
}

export const databaseFaults: Record<string, { weight: number, fault: Fault }> = {
  'PostgreSQL stopped fast': { weight: 4, fault: restart('SIGINT') },
  'PostgreSQL stopped at once': { weight: 4, fault: restart('SIGQUIT') },
  'PostgreSQL read-only': { weight: 4, fault: readOnly },
  'connections left on a replica': { weight: 3, fault: readOnlyConnections },
  'all backends terminated': { weight: 8, fault: terminate },
  'read model locked': { weight: 4, fault: lockReadModel },
  'password rotated': { weight: 3, fault: rotatePassword },
  'too many connections': { weight: 3, fault: tooMany },
  'disk full': { weight: 3, fault: fillDisk },
  'a long reader': { weight: 2, fault: longReader },
}
