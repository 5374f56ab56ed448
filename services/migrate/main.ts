import { startFrom } from '../../lib/process/config.ts'
import { passwordsOf } from '../../lib/postgres/database-auth.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { openLog } from '../../lib/process/log.ts'
import { loadReferenceFiles } from '../../lib/reference/files.ts'
import { bootstrap } from './bootstrap.ts'
import { checks, Config } from './config.ts'
import { migrate } from '../../lib/migrations/migrate.ts'
import { readMigrations } from '../../lib/migrations/migrations.ts'
import { ensurePartitions, monthAhead } from '../../lib/migrations/partitions.ts'

/** Prepares the database for this release: roles if configured, migrations, partitions, reference data. Runs before the services. */
const config = startFrom(Config, config => config, ...checks)
const log = await openLog('migrate', config.LOG_LEVEL)

try {
  if (config.BOOTSTRAP_DATABASE_URL) {
    const superuser = openDatabase({ url: config.BOOTSTRAP_DATABASE_URL, process: 'bootstrap', poolSize: 1 })
    const database = new URL(config.DATABASE_URL).pathname.slice(1)
    const loginPasswords = JSON.parse(config.LOGIN_PASSWORDS) as Record<string, string>
    await bootstrap(superuser, { database, iam: config.DATABASE_AUTH === 'iam', loginPasswords })
    await superuser.end()
  }
  const sql = openDatabase({ url: config.DATABASE_URL, passwords: passwordsOf(config), process: 'migrate', poolSize: 1, statementTimeoutMs: 0 })
  const applied = await migrate(sql, readMigrations(), {
    onStatement: (migration, statement) => log.info({ migration, statement }, 'non-transactional statement started'),
    onConverting: (migration, left) => log.warn({ migration, left }, 'prices are converted to the ledger by lane and month before the migration'),
    onKept: (migration, laneDays) => log.warn({ migration, laneDays }, 'sums of lane_months without prices are kept in wide_merged_sums'),
  })
  const months = await ensurePartitions(sql, config.PRICES_FIRST_MONTH, monthAhead(config.PRICES_MONTHS_AHEAD))
  const reference = await loadReferenceFiles(sql)
  log.info({ applied, partitions: months.length, reference }, 'database ready for this release')
  await sql.end()
} catch (error) {
  log.fatal({ err: error }, 'database preparation failed')
  process.exitCode = 1
  process.exit()
}
