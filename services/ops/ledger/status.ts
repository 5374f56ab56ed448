import type { Sql } from 'postgres'
import { command } from '../command.ts'
import { readOnlyQuery } from '../read-only.ts'
import { table } from '../table.ts'
import { afterMigration } from './migrated.ts'

type Status = { position: number, at: string, unmerged: number, merged: number }

export const showLedgerStatus = command({
  name: 'ledger status',
  summary: 'Shows the position of the ledger, and how much is left to merge.',
  details: 'The numbers of rows are estimates of the server, some seconds old. The workers merge by themselves.',
  options: {},
  runs: 'task',
  async run ({ system }) {
    const { position, at, unmerged, merged } = await readOnlyQuery(afterMigration(readStatus((await system()).readOnly())))
    console.log(table(['ledger', ''], [
      ['position', `${position}; the time of the ledger is ${at} (UTC)`],
      ['unmerged rows', unmerged],
      ['merged rows', merged],
    ]))
  },
})

async function readStatus (sql: Sql): Promise<Status> {
  const [row] = await sql<[Status]>`
    select position, to_char(at, 'YYYY-MM-DD HH24:MI:SS') as at,
      (select n_live_tup from pg_stat_user_tables where relid = 'unmerged_prices'::regclass) as unmerged,
      (select coalesce(sum(n_live_tup), 0)::bigint from pg_partition_tree('merged_prices') as tree join pg_stat_user_tables as stat on stat.relid = tree.relid) as merged
    from ledger_position`
  return row
}
