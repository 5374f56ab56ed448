import { Type } from 'typebox'
import { Common, Database } from '../../lib/process/config.ts'
import { databaseProblems } from '../../lib/postgres/database-auth.ts'
import { firstMonthPattern, firstMonthProblems } from '../../lib/migrations/first-month.ts'

/** The migrator's environment variables. */
export const Config = Type.Object({
  ...Database,
  LOG_LEVEL: Common.LOG_LEVEL,
  BOOTSTRAP_DATABASE_URL: Type.Optional(Type.String({ description: 'URL of a superuser, or of the master user on RDS, with its password; if set, the migrator first creates the roles and the database', pattern: '^postgres(ql)?://' })),
  LOGIN_PASSWORDS: Type.String({ description: 'JSON object of login role and password, for environments that use passwords', default: '{}' }),
  PRICES_FIRST_MONTH: Type.String({
    description: 'first month (YYYY-MM-01) for which prices are accepted, not after the current one; existing months stay', default: '2015-01-01', pattern: firstMonthPattern,
  }),
  PRICES_MONTHS_AHEAD: Type.Integer({ description: 'months after the current one for which prices are accepted; fewer than 4 raise the alarm months-left', default: 24, minimum: 1, maximum: 120 }),
})

export const checks = [databaseProblems, firstMonthProblems]
