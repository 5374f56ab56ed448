import type { FastifyInstance } from 'fastify'
import type { Sql } from 'postgres'
import { declareCaller } from '../../lib/api-keys/require-key.ts'
import { openMetrics, type Metrics } from '../../lib/metrics/metrics.ts'
import { registerDocs } from '../../lib/http/openapi.ts'
import { registerHealth } from '../../lib/http/health.ts'
import { buildServer } from '../../lib/http/server.ts'
import type { Log } from '../../lib/process/log.ts'
import type { AsOfLimits } from './as-of/totals-as-of.ts'
import { accessWith, type Keys } from './access.ts'
import { limitClients, type ClientLimit } from './client-limit.ts'
import { openHosts, type HostsOptions } from './database/hosts.ts'
import { registerLocations } from './routes/locations.ts'
import { registerRates } from './routes/rates.ts'
import type { RatesApi } from './context.ts'

export type Dependencies = {
  /** Opens a pool of one connection to the primary. `limits.connections` is the number of pools. */
  connect: () => Sql
  /** Opens a pool of one connection to a replica, one function for each replica. */
  replicas?: Array<() => Sql>
  log: Log
  metrics?: Metrics
  keys: Keys
  limits: HostsOptions['limits'] & {
    /** Maximum range of `GET /rates`, in days. */
    maxDays: number
    asOf: AsOfLimits
    /** Request limit of each client; undefined is no limit. */
    client?: ClientLimit
  }
}

/** Builds the rates API, which only reads. */
export async function buildRatesApi (dependencies: Dependencies): Promise<FastifyInstance> {
  const { connect, replicas = [], log, metrics = openMetrics('rates-api'), keys, limits } = dependencies
  const app = buildServer({ log, metrics })
  const hosts = openHosts({ primary: connect, replicas, log, metrics, limits })
  app.addHook('onReady', hosts.start)
  app.addHook('onClose', hosts.close)

  declareCaller(app)
  const access = accessWith(keys, limits.client && await limitClients(app, limits.client))
  const api: RatesApi = { hosts, metrics, access, maxDays: limits.maxDays, asOf: limits.asOf }
  await registerDocs(app, { title: 'Freight rates', description: 'Average price of shipping a container, for each day.', keys: keys !== null })
  await app.register(async routes => {
    const checks = { database: hosts.check, ...(keys ? { keys: async () => keys() } : {}) }
    registerHealth(routes, checks, { details: replicas.length > 0 ? () => ({ hosts: hosts.status() }) : undefined })
    registerRates(routes, api)
    registerLocations(routes, api)
  })
  return app
}
