import type { Sql } from 'postgres'
import { command } from '../command.ts'
import { maxRows, printRows, readOnlyQuery, size } from '../read-only.ts'

type Slot = { name: string, type: string, active: boolean, pid: number | null, status: string | null, bytes: number | null, since: string | null }

export const showSlots = command({
  name: 'db slots',
  summary: 'Shows the replication slots of the server, and how much WAL each retains.',
  details: 'At most 200 rows. A slot that no server reads retains WAL until the storage is full.',
  options: {},
  runs: 'task',
  async run ({ system }) {
    printRows(await readOnlyQuery(readSlots((await system()).readOnly())), {
      empty: 'There are no replication slots.',
      head: ['slot', 'type', 'active', 'pid', 'WAL status', 'WAL retained', 'inactive since'],
      row: row => [row.name, row.type, row.active ? 'yes' : 'no', row.pid, row.status, size(row.bytes), row.since],
    })
  },
})

async function readSlots (sql: Sql): Promise<Slot[]> {
  return await sql<Slot[]>`
    select slot_name as name, slot_type as type, active, active_pid as pid, wal_status as status,
      case when not pg_is_in_recovery() then pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint end as bytes,
      to_char(inactive_since, 'YYYY-MM-DD HH24:MI:SS') as since
    from pg_replication_slots order by bytes desc nulls last, slot_name limit ${maxRows + 1}`
}
