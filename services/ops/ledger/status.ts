import type { Sql } from 'postgres'
import { estimateUnconverted } from '../../../lib/ledger/unconverted.ts'
import { command } from '../command.ts'
import { readOnlyQuery } from '../read-only.ts'
import { table } from '../table.ts'
import { afterMigration } from './migrated.ts'

type Status = { position: number, at: string, switchedAt: string | null, unconvertedSums: number, unmerged: number, merged: number }

export const showLedgerStatus = command({
  name: 'ledger status',
  summary: 'Shows whether the ledger by lane and month is switched, its position, and how much is left to convert and to merge.',
  details: 'The numbers of prices and rows are estimates of the server, some seconds old. `ledger switch` switches; the workers then convert and merge by themselves.',
  options: {},
  runs: 'task',
  async run ({ system }) {
    const sql = (await system()).readOnly()
    const { position, at, switchedAt, unconvertedSums, unmerged, merged } = await readOnlyQuery(afterMigration(readStatus(sql)))
    const unconverted = await readOnlyQuery(estimateUnconverted(sql))
    console.log(table(['ledger', ''], [
      ['switched (UTC)', switchedAt ?? 'no: batches are written to prices and lane_months'],
      ['position', switchedAt === null ? 'none before the switch' : `${position}, since ${at}`],
      ['unconverted prices', unconverted],
      ['unconverted sums', unconvertedSums],
      ['unmerged rows', unmerged],
      ['merged rows', merged],
    ]))
  },
})

async function readStatus (sql: Sql): Promise<Status> {
  const [row] = await sql<[Status]>`
    select position, to_char(at, 'YYYY-MM-DD HH24:MI:SS') as at, to_char(switched_at, 'YYYY-MM-DD HH24:MI:SS') as "switchedAt",
      (select sum(n_live_tup)::bigint from pg_stat_user_tables where relname in ('lane_months', 'full_lane_months')) as "unconvertedSums",
      (select n_live_tup from pg_stat_user_tables where relid = 'unmerged_prices'::regclass) as unmerged,
      (select coalesce(sum(n_live_tup), 0)::bigint from pg_partition_tree('merged_prices') as tree join pg_stat_user_tables as stat on stat.relid = tree.relid) as merged
    from ledger_position`
  return row
}
