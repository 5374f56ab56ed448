import type { Sql } from 'postgres'
import { command } from '../command.ts'
import { maxRows, printRows, readOnlyQuery, secondsSince, size } from '../read-only.ts'

type Receiver = {
  pid: number, name: string, client: string | null, state: string, sync: string
  bytes: number | null, write: number | null, replay: number | null, reply: number | null
}

export const showReplication = command({
  name: 'db replication',
  summary: 'Shows the standbys and replicas that stream from the server, and the lag of each.',
  details: 'At most 200 rows. Aurora readers do not stream from the writer and are not shown: use AuroraReplicaLagMaximum in CloudWatch.',
  options: {},
  runs: 'task',
  async run ({ system }) {
    printRows(await readOnlyQuery(readReceivers((await system()).readOnly())), {
      empty: 'No server streams from this one.',
      head: ['pid', 'receiver', 'client', 'state', 'sync', 'not replayed', 'write lag (s)', 'replay lag (s)', 'last reply (s)'],
      row: row => [row.pid, row.name, row.client, row.state, row.sync, size(row.bytes), row.write, row.replay, row.reply],
    })
  },
})

/** Computes the lag from the sent position, because Aurora has no current WAL position. */
async function readReceivers (sql: Sql): Promise<Receiver[]> {
  return await sql<Receiver[]>`
    select pid, application_name as name, host(client_addr) as client, state, sync_state as sync,
      pg_wal_lsn_diff(sent_lsn, replay_lsn)::bigint as bytes,
      round(extract(epoch from write_lag), 1)::float8 as write, round(extract(epoch from replay_lag), 1)::float8 as replay,
      ${secondsSince(sql, 'reply_time')} as reply
    from pg_stat_replication order by bytes desc nulls last, application_name, pid limit ${maxRows + 1}`
}
