import type { Sql } from 'postgres'
import { Type, type Static, type TObject, type TProperties } from 'typebox'
import type { Queue } from '../../lib/batch/queue.ts'
import type { Store } from '../../lib/batch/store/store.ts'
import { Database, InvalidConfig, PayloadLife, readConfig, type ConfigCheck } from '../../lib/process/config.ts'
import { databaseProblems, passwordsOf } from '../../lib/postgres/database-auth.ts'
import { openDatabase, type DatabaseOptions } from '../../lib/postgres/database.ts'
import { CommandError } from './command-error.ts'

/** The system that a command works on. Resources open at first use and close when the command finishes. */
export type System = {
  /** Throws CommandError if the variable is not set. */
  variable: (name: string) => string
  optional: (name: string) => string | undefined
  sql: () => Sql
  /** Returns a pool whose transactions are read-only, with a limit for each statement and for each wait for a lock. */
  readOnly: (statementTimeoutMs?: number) => Sql
  queue: () => Promise<Queue>
  store: () => Promise<Store>
  /** Returns the days after which the bucket's lifecycle deletes payloads; undefined if it deletes none. */
  payloadKeepDays: () => number | undefined
  close: () => Promise<void>
}

/** Opens the system. `environment` has the variables that docs/configuration.md lists for the operators' commands. */
export function openSystem (environment: NodeJS.ProcessEnv): System {
  let sql: Sql | undefined
  let readOnlySql: Sql | undefined
  const aws = () => ({ region: variable('AWS_REGION'), endpoint: environment.AWS_ENDPOINT_URL })

  function variable (name: string): string {
    const value = environment[name]
    if (!value) throw new CommandError(`${name} is not set: see docs/configuration.md`, 2)
    return value
  }
  return {
    variable,
    optional: name => environment[name] || undefined,
    sql () {
      sql ??= connect(environment)
      return sql
    },
    readOnly (statementTimeoutMs = 15_000) {
      const settings = { default_transaction_read_only: 'on', lock_timeout: '3000' }
      readOnlySql ??= connect(environment, { statementTimeoutMs, settings })
      return readOnlySql
    },
    // Most commands need neither, and the clients of AWS are slow to load.
    async queue () {
      const [{ openQueue }, { openSqs }] = await Promise.all([import('../../lib/batch/queue.ts'), import('../../lib/process/aws.ts')])
      return openQueue(openSqs(aws()), variable('QUEUE_URL'))
    },
    async store () {
      const [{ openStore }, { openS3 }] = await Promise.all([import('../../lib/batch/store/store.ts'), import('../../lib/process/aws.ts')])
      return openStore(openS3(aws()), variable('PAYLOAD_BUCKET'))
    },
    payloadKeepDays: () => read(PayloadLife, environment).PAYLOAD_KEEP_DAYS,
    async close () { await Promise.all([sql, readOnlySql].map(pool => pool?.end({ timeout: 2 }))) },
  }
}

function connect (environment: NodeJS.ProcessEnv, limits: Pick<DatabaseOptions, 'statementTimeoutMs' | 'settings'> = {}): Sql {
  const config = read(Database, environment, databaseProblems)
  return openDatabase({ url: config.DATABASE_URL, passwords: passwordsOf(config), process: 'ops', poolSize: 1, ...limits })
}

/** Reads variables of the environment. Throws CommandError that names each invalid one. */
function read<T extends TProperties> (variables: T, environment: NodeJS.ProcessEnv, ...checks: ConfigCheck[]): Readonly<Static<TObject<T>>> {
  try {
    return readConfig(Type.Object(variables), environment, ...checks)
  } catch (error) {
    throw error instanceof InvalidConfig ? new CommandError(error.message, 2) : error
  }
}
