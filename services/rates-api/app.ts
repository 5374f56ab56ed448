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
import { openConnections, type Ask, type ConnectionLimits } from './connections.ts'
import { registerLocations } from './routes/locations.ts'
import { registerRates } from './routes/rates.ts'
import { currentSnapshot } from './snapshot.ts'

export type Dependencies = {
  /** Opens a pool of one connection: how many there are is `limits.connections`. */
  connect: () => Sql
  log: Log
  keys: Keys
  limits: ConnectionLimits & {
    /** Longest range of `GET /rates`, in days. */
    maxDays: number
    /** Text of answers that are kept, in characters, which are bytes here; 0 keeps none. */
    cacheBytes: number
  }
}

/** What the routes work with. */
export type RatesApi = {
  ask: Ask
  answers: Answers
  access: Access
  maxDays: number
  limitMs: number
}

/** The rates API: reads, never writes. */
export async function buildRatesApi ({ connect, log, keys, limits }: Dependencies): Promise<FastifyInstance> {
  const app = buildServer({ log })
  // Readiness has a connection of its own: a process that has a lot to do is not one that cannot do it.
  const { ask, end } = openConnections(connect, { ...limits, connections: limits.connections - 1 })
  const probe = openConnections(connect, { ...limits, connections: 1 })
  app.addHook('onClose', async () => { await Promise.all([end(), probe.end()]) })

  const answers = keepAnswers(() => ask(currentSnapshot), limits.cacheBytes)
  const api: RatesApi = { ask, answers, access: accessWith(keys), maxDays: limits.maxDays, limitMs: limits.limitMs }
  const migrations = readMigrations()
  await registerDocs(app, { title: 'Freight rates', description: 'What shipping a container costs on average, day by day.', keys: keys !== null })
  await app.register(async routes => {
    registerHealth(routes, { database: () => probe.ask(sql => requireSchema(sql, migrations)) })
    registerRates(routes, api)
    registerLocations(routes, api)
  })
  return app
}
