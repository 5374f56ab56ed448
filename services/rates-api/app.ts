import type { FastifyInstance } from 'fastify'
import type { Sql } from 'postgres'
import { readMigrations } from '../migrate/migrations.ts'
import { registerDocs } from '../runtime/docs.ts'
import { registerHealth } from '../runtime/health.ts'
import { buildServer } from '../runtime/http.ts'
import type { Log } from '../runtime/log.ts'
import { requireSchema } from '../runtime/schema.ts'
import { accessWith, type Access, type Keys } from './access.ts'
import { keepAnswers, type Answers } from './answers.ts'
import { takeTurns, type TurnLimits } from './query-turns.ts'
import { registerLocations } from './routes/locations.ts'
import { registerRates } from './routes/rates.ts'
import { currentSnapshot } from './snapshot.ts'

export type Dependencies = {
  sql: Sql
  log: Log
  keys: Keys
  limits: TurnLimits & {
    /** Longest range of `GET /rates`, in days. */
    maxDays: number
    /** Text of answers that are kept, in characters, which are bytes here; 0 keeps none. */
    cacheBytes: number
  }
}

/** What the routes work with. */
export type RatesApi = {
  /** Asks the database when there is a connection for it. Throws `overloaded` or `database-unavailable`. */
  ask: <T>(question: (sql: Sql) => Promise<T>) => Promise<T>
  answers: Answers
  access: Access
  maxDays: number
}

/** The rates API: reads, never writes. */
export async function buildRatesApi ({ sql, log, keys, limits }: Dependencies): Promise<FastifyInstance> {
  const app = buildServer({ log })
  const turn = takeTurns(sql, limits)
  const ask: RatesApi['ask'] = question => turn(() => question(sql))
  const api: RatesApi = { ask, answers: keepAnswers(() => ask(currentSnapshot), limits.cacheBytes), access: accessWith(keys), maxDays: limits.maxDays }
  const migrations = readMigrations()
  await registerDocs(app, { title: 'Freight rates', description: 'What shipping a container costs on average, day by day.', keys: keys !== null })
  await app.register(async routes => {
    registerHealth(routes, { database: () => requireSchema(sql, migrations) })
    registerRates(routes, api)
    registerLocations(routes, api)
  })
  return app
}
