import type { Sql } from 'postgres'
import { migrate } from '../../lib/migrations/migrate.ts'
import { readMigrations } from '../../lib/migrations/migrations.ts'
import { loadReferenceFiles } from '../../lib/reference/files.ts'

/** The migrations of release 0.1.0, which has no ledger by lane and month. */
export const oldMigrations = readMigrations().slice(0, 16)
/** The migrations of release 0.2.0, which has the ledger beside the tables of 0.1.0. */
export const ledgerMigrations = readMigrations().slice(0, 18)

/** Creates the schema of release 0.1.0 in an empty database, with reference data and partitions of the given months. */
export async function migrateAsBefore (sql: Sql, months: string[]): Promise<void> {
  await migrate(sql, oldMigrations)
  for (const month of months) {
    await sql`insert into price_months (month) values (${month})`
    await sql.unsafe(`create table prices_${month.slice(0, 7).replace('-', '_')} partition of prices for values from ('${month}') to (date '${month}' + interval '1 month')`)
  }
  await loadReferenceFiles(sql)
}
