import type { Sql } from 'postgres'
import { command } from '../command.ts'
import { bounded, maxRows, readOnlyQuery, size } from '../read-only.ts'
import { table } from '../table.ts'

type Relation = {
  name: string, total: number, heap: number, indexes: number, rows: number | null, dead: number | null
  analyzed: string | null, vacuumed: string | null
}

export const showSizes = command({
  name: 'db sizes',
  summary: 'Shows the size of the database and of each table, largest first, with the estimated rows and the age of the statistics.',
  details: 'At most 200 tables; each month of `prices` and of `merged_prices` is a table. "none" under analyzed: the planner has no statistics of the table yet.',
  options: {},
  runs: 'task',
  async run ({ system }) {
    const sql = (await system()).readOnly()
    const [database] = await readOnlyQuery(sql<[{ name: string, bytes: number }]>`select current_database() as name, pg_database_size(current_database()) as bytes`)
    console.log(`${database.name}: ${size(database.bytes)}\n`)
    const { shown, note } = bounded(await readOnlyQuery(readSizes(sql)))
    console.log(table(['table', 'total', 'rows and TOAST', 'indexes', 'rows', 'dead rows', 'analyzed', 'vacuumed'],
      shown.map(row => [row.name, size(row.total), size(row.heap), size(row.indexes), row.rows, row.dead, row.analyzed ?? 'none', row.vacuumed ?? 'none'])) + note)
  },
})

async function readSizes (sql: Sql): Promise<Relation[]> {
  return await sql<Relation[]>`
    select pg_class.relname as name, pg_total_relation_size(oid) as total, pg_table_size(oid) as heap, pg_indexes_size(oid) as indexes,
      case when reltuples >= 0 then reltuples::bigint end as rows, n_dead_tup as dead,
      to_char(greatest(last_analyze, last_autoanalyze), 'YYYY-MM-DD HH24:MI') as analyzed,
      to_char(greatest(last_vacuum, last_autovacuum), 'YYYY-MM-DD HH24:MI') as vacuumed
    from pg_class left join pg_stat_user_tables on relid = oid
    where relnamespace = 'public'::regnamespace and relkind = 'r'
    order by total desc, name limit ${maxRows + 1}`
}
